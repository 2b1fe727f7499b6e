"""Schedulers in general: before or after the update, per epoch or per update."""

from parity.case import DemoCase

REFUSED = (
    ("StepLR", {"step_size": 0}),
    ("ConstantLR", {"factor": 1.5}),
    ("ConstantLR", {"factor": -0.1}),
    ("LinearLR", {"start_factor": 0.0}),
    ("LinearLR", {"end_factor": 1.5}),
    ("LambdaLR", {"lr_lambda": 0.5}),
    ("MultiplicativeLR", {"lr_lambda": 0.5}),
    ("LambdaLR", {"lr_lambda": [None, None]}),
    ("CosineAnnealingLR", {"T_max": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "eta_min": "0"}),
    ("SequentialLR", {"schedulers": [], "milestones": []}),
    ("SequentialLR", {"schedulers": [("ExponentialLR", {"gamma": 0.5})], "milestones": [3]}),
    ("SequentialLR", {"schedulers": [("ReduceLROnPlateau", {})], "milestones": []}),
    ("ChainedScheduler", {"schedulers": []}),
    ("ChainedScheduler", {"schedulers": [("ReduceLROnPlateau", {})]}),
    ("ReduceLROnPlateau", {"factor": 1.0}),
    ("ReduceLROnPlateau", {"mode": "best"}),
    ("ReduceLROnPlateau", {"threshold_mode": "relative"}),
    ("ReduceLROnPlateau", {"min_lr": [0.1, 0.2]}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.2, "mode": "square"}),
    ("CyclicLR", {"base_lr": [0.1, 0.1], "max_lr": 0.2}),
    ("OneCycleLR", {"max_lr": 0.1}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 0}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 2.5}),
    ("OneCycleLR", {"max_lr": 0.1, "epochs": 3}),
    ("OneCycleLR", {"max_lr": 0.1, "epochs": 3, "steps_per_epoch": 0}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 10, "pct_start": 1.5}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 10, "anneal_strategy": "exp"}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 1}),
)
ALLOWED = (
    ("StepLR", {"step_size": 1}),
    ("LambdaLR", {"lr_lambda": ["0.97"]}),
    ("MultiStepLR", {"milestones": [-3, 0]}),
    ("LinearLR", {"start_factor": 1, "end_factor": 0}),
    ("ExponentialLR", {"gamma": -0.5}),
    ("ReduceLROnPlateau", {"factor": -1.0}),
    ("CyclicLR", {"base_lr": 0.2, "max_lr": 0.1}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 2}),
)
WITH_MOMENTUM = (("CyclicLR", {"base_lr": 0.1, "max_lr": 0.2}), ("OneCycleLR", {"max_lr": 0.1, "total_steps": 10}))

CASES = [
    DemoCase("schedules.scheduler:order"),
    DemoCase("schedules.scheduler:granularity", "epochs", config={"epochs": 5, "steps_per_epoch": 4}),
    DemoCase("schedules.scheduler:granularity", "updates", config={"epochs": 20, "steps_per_epoch": 1}),
    DemoCase("schedules.scheduler:refusals", "refused", config={"schedules": REFUSED}),
    DemoCase("schedules.scheduler:refusals", "allowed", config={"schedules": ALLOWED}),
    DemoCase("schedules.scheduler:refusals", "no-momentum-to-cycle", config={"schedules": WITH_MOMENTUM, "optimizer": ("Adagrad", {"lr": 0.1})}),
]
