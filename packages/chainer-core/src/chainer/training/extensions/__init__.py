"""Extensions: what a trainer does besides training."""

from chainer.training.extensions import snapshot_writers, util
from chainer.training.extensions._snapshot import snapshot, snapshot_object
from chainer.training.extensions.classification_report import ClassificationReport
from chainer.training.extensions.computational_graph import DumpGraph
from chainer.training.extensions.evaluator import Evaluator
from chainer.training.extensions.exponential_moving_average import ExponentialMovingAverage
from chainer.training.extensions.exponential_shift import ExponentialShift
from chainer.training.extensions.fail_on_nonnumber import FailOnNonNumber
from chainer.training.extensions.inverse_shift import InverseShift
from chainer.training.extensions.linear_shift import LinearShift
from chainer.training.extensions.log_report import LogReport
from chainer.training.extensions.micro_average import MicroAverage
from chainer.training.extensions.multistep_shift import MultistepShift
from chainer.training.extensions.parameter_statistics import ParameterStatistics
from chainer.training.extensions.plot_report import PlotReport
from chainer.training.extensions.polynomial_shift import PolynomialShift
from chainer.training.extensions.print_report import PrintReport, PrintReportNotebook
from chainer.training.extensions.progress_bar import ProgressBar, ProgressBarNotebook
from chainer.training.extensions.step_shift import StepShift
from chainer.training.extensions.tensorboard_report import TensorBoardReport
from chainer.training.extensions.value_observation import observe_lr, observe_value
from chainer.training.extensions.variable_statistics_plot import VariableStatisticsPlot
from chainer.training.extensions.variable_unchain import unchain_variables
from chainer.training.extensions.warmup_shift import WarmupShift

dump_graph = DumpGraph  # the name of before version 3

__all__ = [
    "ClassificationReport",
    "DumpGraph",
    "Evaluator",
    "ExponentialMovingAverage",
    "ExponentialShift",
    "FailOnNonNumber",
    "InverseShift",
    "LinearShift",
    "LogReport",
    "MicroAverage",
    "MultistepShift",
    "ParameterStatistics",
    "PlotReport",
    "PolynomialShift",
    "PrintReport",
    "PrintReportNotebook",
    "ProgressBar",
    "ProgressBarNotebook",
    "StepShift",
    "TensorBoardReport",
    "VariableStatisticsPlot",
    "WarmupShift",
    "dump_graph",
    "observe_lr",
    "observe_value",
    "snapshot",
    "snapshot_object",
    "snapshot_writers",
    "unchain_variables",
    "util",
]
