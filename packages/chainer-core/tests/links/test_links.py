"""All links, by one table: what they are made of, and what one can do with each."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import gradient_check
from chainer.serializers import load_npz, save_npz


def floats(*shape, seed=1):
    return (np.random.RandomState(seed).rand(*shape) * 2 - 1).astype("f")


def ints(*values):
    return np.array(values, "i")


def call(link, *xs):
    return link(*xs)


def call_as_variable(link, x):
    return link(chainer.as_variable(x))


def call_twice(link, x):
    link.reset_state()
    return link(x), link(x[:3] if isinstance(link, L.LSTM) else x)


def call_with_sequences(link, *xs):
    return link(None, list(xs))


def call_with_sequences_and_cells(link, *xs):
    return link(None, None, list(xs))


def call_crf(link, x1, x2, y1, y2):
    return link([x1, x2], [y1, y2])


def call_with_filled_weight(link, x, t):
    link.W.array[...] = floats(3, 3, seed=5)
    return link(x, t)


def n_step_shapes(n_weights, n_directions):
    """Shapes of the parameters of two layers of five units with three inputs."""
    shapes = {}
    for i in range(2 * n_directions):
        n_in = 3 if i < n_directions else 5 * n_directions
        for j in range(n_weights):
            shapes[f"{i}/w{j}"] = (5, n_in if j < n_weights // 2 else 5)
            shapes[f"{i}/b{j}"] = (5,)
    return shapes


@dataclass(frozen=True)
class Case:
    """A link, how it is called, and what chainer 7.8.1 makes of it.

    ``totals`` are the sums of absolute values of its parameters when they are made with the seed 0, and of its outputs
    in train and in test mode with the seed 3, as measured on chainer 7.8.1.
    """

    make: Callable[[], chainer.Link]
    inputs: Callable[[], tuple[Any, ...]]
    shapes: dict[str, tuple[int, ...]]
    totals: tuple[float, float, float]
    lazy: Callable[[], chainer.Link] | None = None
    call: Callable[..., Any] = call
    persistent: list[str] = field(default_factory=list)

    def run(self, link, inputs=None, train=True):
        np.random.seed(3)
        with chainer.using_config("train", train):
            return flat(self.call(link, *(self.inputs() if inputs is None else inputs)))


def flat(y):
    if isinstance(y, list | tuple):
        return [variable for item in y for variable in flat(item)]
    return [y]


def total(arrays):
    return sum(np.abs(array.astype("d")).sum() for array in arrays)


def values(link):
    target = {}
    chainer.serializers.DictionarySerializer(target).save(link)
    return target


CASES = [
    Case(
        lambda: L.Linear(3, 4),
        lambda: (floats(4, 3),),
        {"W": (4, 3), "b": (4,)},
        (6.60619, 8.54479, 8.54479),
        lazy=lambda: L.Linear(4),
    ),
    Case(
        lambda: L.Linear(42, 4, nobias=True),
        lambda: (floats(2, 6, 7),),
        {"W": (4, 42)},
        (21.9327, 2.86003, 2.86003),
        lazy=lambda: L.Linear(None, 4, nobias=True),
    ),
    Case(
        lambda: L.Convolution2D(3, 4, 3, initial_bias=1),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (4, 3, 3, 3), "b": (4,)},
        (21.4589, 155.663, 155.663),
        lazy=lambda: L.Convolution2D(4, 3, initial_bias=1),
    ),
    Case(
        lambda: L.Convolution2D(3, 6, (3, 2), stride=(1, 2), pad=1, groups=3, dilate=(2, 1), nobias=True),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (6, 1, 3, 2)},
        (12.9199, 84.4464, 84.4464),
        lazy=lambda: L.Convolution2D(None, 6, (3, 2), stride=(1, 2), pad=1, groups=3, dilate=(2, 1), nobias=True),
    ),
    Case(
        lambda: L.ConvolutionND(2, 3, 4, 3, stride=2, cover_all=True),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (4, 3, 3, 3), "b": (4,)},
        (17.4589, 35.1278, 35.1278),
        lazy=lambda: L.ConvolutionND(2, None, 4, 3, stride=2, cover_all=True),
    ),
    Case(
        lambda: L.Convolution1D(3, 4, 3, pad=1, dilate=2),
        lambda: (floats(2, 3, 9),),
        {"W": (4, 3, 3), "b": (4,)},
        (10.5491, 25.3563, 25.3563),
        lazy=lambda: L.Convolution1D(None, 4, 3, pad=1, dilate=2),
    ),
    Case(
        lambda: L.Convolution3D(4, 2, 2, groups=2),
        lambda: (floats(2, 4, 3, 4, 2),),
        {"W": (2, 2, 2, 2, 2), "b": (2,)},
        (7.06861, 15.8697, 15.8697),
        lazy=lambda: L.Convolution3D(None, 2, 2, groups=2),
    ),
    Case(
        lambda: L.Deconvolution2D(3, 6, (3, 2), stride=2, pad=1, groups=3),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (3, 2, 3, 2), "b": (6,)},
        (9.13578, 263.955, 263.955),
        lazy=lambda: L.Deconvolution2D(None, 6, (3, 2), stride=2, pad=1, groups=3),
        call=call_as_variable,
    ),
    Case(
        lambda: L.Deconvolution2D(3, 2, 3, stride=2, outsize=(14, 16)),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (3, 2, 3, 3), "b": (2,)},
        (11.4725, 227.122, 227.122),
        lazy=lambda: L.Deconvolution2D(None, 2, 3, stride=2, outsize=(14, 16)),
        call=call_as_variable,
    ),
    Case(
        lambda: L.DeconvolutionND(2, 3, 4, 3, stride=2),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (3, 4, 3, 3), "b": (4,)},
        (15.1199, 303.423, 303.423),
        lazy=lambda: L.DeconvolutionND(2, 4, 3, stride=2),
    ),
    Case(
        lambda: L.Deconvolution1D(3, 4, 3, pad=1),
        lambda: (floats(2, 3, 9),),
        {"W": (3, 4, 3), "b": (4,)},
        (9.13578, 30.1026, 30.1026),
        lazy=lambda: L.Deconvolution1D(None, 4, 3, pad=1),
    ),
    Case(
        lambda: L.Deconvolution3D(4, 2, 2, groups=2),
        lambda: (floats(2, 4, 3, 4, 2),),
        {"W": (4, 1, 2, 2, 2), "b": (2,)},
        (9.99652, 114.652, 114.652),
        lazy=lambda: L.Deconvolution3D(None, 2, 2, groups=2),
    ),
    Case(
        lambda: L.DilatedConvolution2D(3, 4, 3, dilate=2),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (4, 3, 3, 3), "b": (4,)},
        (17.4589, 21.2014, 21.2014),
        lazy=lambda: L.DilatedConvolution2D(None, 4, 3, dilate=2),
    ),
    Case(
        lambda: L.DepthwiseConvolution2D(3, 2, (3, 2), stride=2, pad=1),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (2, 3, 3, 2), "b": (6,)},
        (7.45933, 38.3013, 38.3013),
        lazy=lambda: L.DepthwiseConvolution2D(None, 2, (3, 2), stride=2, pad=1),
    ),
    Case(
        lambda: L.LocalConvolution2D(3, 4, (6, 7), (3, 2)),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (4, 4, 6, 3, 3, 2), "b": (4, 4, 6)},
        (64.8743, 19.6379, 19.6379),
        lazy=lambda: L.LocalConvolution2D(None, 4, ksize=(3, 2)),
    ),
    Case(
        lambda: L.DeformableConvolution2D(3, 4, (3, 2), pad=1, deform_initialW=chainer.initializers.Normal(1)),
        lambda: (floats(2, 3, 6, 7),),
        {"deform_conv/W": (4, 3, 3, 2), "deform_conv/b": (4,), "offset_conv/W": (12, 3, 3, 2), "offset_conv/b": (12,)},
        (97.8002, 433.462, 433.462),
        lazy=lambda: L.DeformableConvolution2D(None, 4, (3, 2), pad=1, deform_initialW=chainer.initializers.Normal(1)),
    ),
    Case(
        lambda: L.Bilinear(3, 5, 4),
        lambda: (
            floats(4, 3),
            floats(4, 5),
        ),
        {"V1": (3, 4), "V2": (5, 4), "W": (3, 5, 4), "b": (4,)},
        (24.2419, 10.691, 10.691),
    ),
    Case(
        lambda: L.Bilinear(6, 5, 4, nobias=True),
        lambda: (
            floats(4, 2, 3),
            floats(4, 5),
        ),
        {"W": (6, 5, 4)},
        (23.1157, 3.79733, 3.79733),
    ),
    Case(
        lambda: L.EmbedID(5, 4, ignore_label=-1),
        lambda: (ints([0, -1], [4, 0]),),
        {"W": (5, 4)},
        (15.9689, 13.6341, 13.6341),
    ),
    Case(
        lambda: L.Scale(1, (3,), bias_term=True),
        lambda: (floats(2, 3, 6, 7),),
        {"W": (3,), "bias/b": (3,)},
        (3, 135.168, 135.168),
    ),
    Case(
        lambda: L.Scale(1, bias_term=True, bias_shape=(3,)),
        lambda: (
            floats(2, 3, 6, 7),
            floats(3),
        ),
        {"bias/b": (3,)},
        (0, 73.079, 73.079),
    ),
    Case(lambda: L.Bias(1, (3,)), lambda: (floats(2, 3, 6, 7),), {"b": (3,)}, (0, 135.168, 135.168)),
    Case(lambda: L.Parameter(floats(3)), lambda: (), {"W": (3,)}, (1.60638, 1.60638, 1.60638)),
    Case(
        lambda: L.Highway(3),
        lambda: (floats(4, 3),),
        {"plain/W": (3, 3), "plain/b": (3,), "transform/W": (3, 3), "transform/b": (3,)},
        (11.5458, 4.33348, 4.33348),
    ),
    Case(
        lambda: L.Inception(3, 2, 3, 4, 2, 3, 2),
        lambda: (floats(2, 3, 6, 7),),
        {
            "conv1/W": (2, 3, 1, 1),
            "conv1/b": (2,),
            "conv3/W": (4, 3, 3, 3),
            "conv3/b": (4,),
            "conv5/W": (3, 2, 5, 5),
            "conv5/b": (3,),
            "proj3/W": (3, 3, 1, 1),
            "proj3/b": (3,),
            "proj5/W": (2, 3, 1, 1),
            "proj5/b": (2,),
            "projp/W": (2, 3, 1, 1),
            "projp/b": (2,),
        },
        (47.7231, 293.585, 293.585),
        lazy=lambda: L.Inception(None, 2, 3, 4, 2, 3, 2),
    ),
    Case(
        lambda: L.InceptionBN(3, 2, 3, 4, 2, 3, "avg", 2),
        lambda: (floats(2, 3, 6, 7),),
        {
            "conv1/W": (2, 3, 1, 1),
            "conv1n/beta": (2,),
            "conv1n/gamma": (2,),
            "conv3/W": (4, 3, 3, 3),
            "conv33a/W": (3, 2, 3, 3),
            "conv33an/beta": (3,),
            "conv33an/gamma": (3,),
            "conv33b/W": (3, 3, 3, 3),
            "conv33bn/beta": (3,),
            "conv33bn/gamma": (3,),
            "conv3n/beta": (4,),
            "conv3n/gamma": (4,),
            "poolp/W": (2, 3, 1, 1),
            "poolpn/beta": (2,),
            "poolpn/gamma": (2,),
            "proj3/W": (3, 3, 1, 1),
            "proj33/W": (2, 3, 1, 1),
            "proj33n/beta": (2,),
            "proj33n/gamma": (2,),
            "proj3n/beta": (3,),
            "proj3n/gamma": (3,),
        },
        (70.4693, 373.967, 118.076),
        lazy=lambda: L.InceptionBN(None, 2, 3, 4, 2, 3, "avg", 2),
        persistent=[
            "conv1n/N",
            "conv1n/avg_mean",
            "conv1n/avg_var",
            "conv33an/N",
            "conv33an/avg_mean",
            "conv33an/avg_var",
            "conv33bn/N",
            "conv33bn/avg_mean",
            "conv33bn/avg_var",
            "conv3n/N",
            "conv3n/avg_mean",
            "conv3n/avg_var",
            "poolpn/N",
            "poolpn/avg_mean",
            "poolpn/avg_var",
            "proj33n/N",
            "proj33n/avg_mean",
            "proj33n/avg_var",
            "proj3n/N",
            "proj3n/avg_mean",
            "proj3n/avg_var",
        ],
    ),
    Case(
        lambda: L.InceptionBN(3, 0, 3, 4, 2, 3, "max", stride=2),
        lambda: (floats(2, 3, 6, 7),),
        {
            "conv3/W": (4, 3, 3, 3),
            "conv33a/W": (3, 2, 3, 3),
            "conv33an/beta": (3,),
            "conv33an/gamma": (3,),
            "conv33b/W": (3, 3, 3, 3),
            "conv33bn/beta": (3,),
            "conv33bn/gamma": (3,),
            "conv3n/beta": (4,),
            "conv3n/gamma": (4,),
            "proj3/W": (3, 3, 1, 1),
            "proj33/W": (2, 3, 1, 1),
            "proj33n/beta": (2,),
            "proj33n/gamma": (2,),
            "proj3n/beta": (3,),
            "proj3n/gamma": (3,),
        },
        (62.0332, 121.52, 76.4798),
        persistent=[
            "conv33an/N",
            "conv33an/avg_mean",
            "conv33an/avg_var",
            "conv33bn/N",
            "conv33bn/avg_mean",
            "conv33bn/avg_var",
            "conv3n/N",
            "conv3n/avg_mean",
            "conv3n/avg_var",
            "proj33n/N",
            "proj33n/avg_mean",
            "proj33n/avg_var",
            "proj3n/N",
            "proj3n/avg_mean",
            "proj3n/avg_var",
        ],
    ),
    Case(
        lambda: L.MLPConvolution2D(3, (4, 5), 3, activation=F.sigmoid),
        lambda: (floats(2, 3, 6, 7),),
        {"0/W": (4, 3, 3, 3), "0/b": (4,), "1/W": (5, 4, 1, 1), "1/b": (5,)},
        (26.9021, 112.895, 112.895),
        lazy=lambda: L.MLPConvolution2D((4, 5), 3, activation=F.sigmoid),
    ),
    Case(
        lambda: L.Maxout(3, 4, 2),
        lambda: (floats(4, 3),),
        {"linear/W": (8, 3), "linear/b": (8,)},
        (11.9986, 8.13843, 8.13843),
        lazy=lambda: L.Maxout(None, 4, 2),
    ),
    Case(lambda: L.PReLU((3,)), lambda: (floats(2, 3, 6, 7),), {"W": (3,)}, (0.75, 84.1162, 84.1162)),
    Case(
        lambda: L.Swish((3, 6, 7)),
        lambda: (floats(2, 3, 6, 7),),
        {"beta": (3, 6, 7)},
        (126, 66.7602, 66.7602),
        lazy=lambda: L.Swish(None),
    ),
    Case(
        lambda: L.SimplifiedDropconnect(3, 4),
        lambda: (floats(4, 3),),
        {"W": (4, 3), "b": (4,)},
        (6.60619, 6.45505, 6.45505),
        lazy=lambda: L.SimplifiedDropconnect(None, 4),
    ),
    Case(
        lambda: L.BatchNormalization(3),
        lambda: (floats(2, 3, 6, 7),),
        {"beta": (3,), "gamma": (3,)},
        (3, 220.534, 139.475),
        lazy=lambda: L.BatchNormalization(axis=(0, 2, 3)),
        persistent=["N", "avg_mean", "avg_var"],
    ),
    Case(
        lambda: L.BatchNormalization((6, 7), axis=(0, 1), decay=0.5, use_beta=False, initial_avg_mean=1),
        lambda: (floats(2, 3, 6, 7),),
        {"gamma": (6, 7)},
        (42, 218.83, 185.672),
        persistent=["N", "avg_mean", "avg_var"],
    ),
    Case(
        lambda: L.BatchRenormalization(3, rmax=2, dmax=1),
        lambda: (floats(2, 3, 6, 7),),
        {"beta": (3,), "gamma": (3,)},
        (3, 135.167, 139.475),
        persistent=["N", "avg_mean", "avg_var"],
    ),
    Case(
        lambda: L.DecorrelatedBatchNormalization(4, groups=2),
        lambda: (floats(9, 4),),
        {},
        (0, 30.2703, 20.955),
        persistent=["N", "avg_mean", "avg_projection"],
    ),
    Case(
        lambda: L.LayerNormalization(3),
        lambda: (floats(4, 3),),
        {"beta": (3,), "gamma": (3,)},
        (3, 10.5843, 10.5843),
        lazy=lambda: L.LayerNormalization(),
    ),
    Case(
        lambda: L.GroupNormalization(3, 3),
        lambda: (floats(2, 3, 6, 7),),
        {"beta": (3,), "gamma": (3,)},
        (3, 220.058, 220.058),
        lazy=lambda: L.GroupNormalization(3),
    ),
    Case(
        lambda: L.Classifier(L.Linear(3, 2)),
        lambda: (
            floats(4, 3),
            ints(0, 1, 1, 0),
        ),
        {"predictor/W": (2, 3), "predictor/b": (2,)},
        (4.75083, 0.879633, 0.879633),
        lazy=lambda: L.Classifier(L.Linear(2)),
    ),
    Case(
        lambda: L.LSTM(3, 5),
        lambda: (floats(4, 3),),
        {"lateral/W": (20, 5), "upward/W": (20, 3), "upward/b": (20,)},
        (71.4254, 2.82307, 2.82307),
        lazy=lambda: L.LSTM(5),
        call=call_twice,
    ),
    Case(
        lambda: L.GRU(3, 5),
        lambda: (floats(4, 3),),
        {
            "U/W": (5, 5),
            "U/b": (5,),
            "U_r/W": (5, 5),
            "U_r/b": (5,),
            "U_z/W": (5, 5),
            "U_z/b": (5,),
            "W/W": (5, 3),
            "W/b": (5,),
            "W_r/W": (5, 3),
            "W_r/b": (5,),
            "W_z/W": (5, 3),
            "W_z/b": (5,),
        },
        (51.5415, 8.81196, 8.81196),
        lazy=lambda: L.GRU(None, 5),
        call=call_twice,
    ),
    Case(
        lambda: L.StatefulGRU(3, 5, bias_init=1),
        lambda: (floats(4, 3),),
        {
            "U/W": (5, 5),
            "U/b": (5,),
            "U_r/W": (5, 5),
            "U_r/b": (5,),
            "U_z/W": (5, 5),
            "U_z/b": (5,),
            "W/W": (5, 3),
            "W/b": (5,),
            "W_r/W": (5, 3),
            "W_r/b": (5,),
            "W_z/W": (5, 3),
            "W_z/b": (5,),
        },
        (81.5415, 27.2519, 27.2519),
        call=call_twice,
    ),
    Case(
        lambda: L.StatefulMGU(3, 5),
        lambda: (floats(4, 3),),
        {"W_f/W": (5, 8), "W_f/b": (5,), "W_h/W": (5, 8), "W_h/b": (5,)},
        (22.5694, 4.30014, 4.30014),
        call=call_twice,
    ),
    Case(
        lambda: L.StatefulPeepholeLSTM(3, 5),
        lambda: (floats(4, 3),),
        {
            "lateral/W": (20, 5),
            "peep_f/W": (5, 5),
            "peep_i/W": (5, 5),
            "peep_o/W": (5, 5),
            "upward/W": (20, 3),
            "upward/b": (20,),
        },
        (91.6738, 4.90557, 4.90557),
        lazy=lambda: L.StatefulPeepholeLSTM(None, 5),
        call=call_twice,
    ),
    Case(
        lambda: L.StatefulZoneoutLSTM(3, 5),
        lambda: (floats(4, 3),),
        {"lateral/W": (20, 5), "upward/W": (20, 3), "upward/b": (20,)},
        (66.5252, 2.9819, 5.10282),
        lazy=lambda: L.StatefulZoneoutLSTM(None, 5),
        call=call_twice,
    ),
    Case(
        lambda: L.StatelessLSTM(3, 5),
        lambda: (
            floats(4, 5),
            floats(4, 5, seed=2),
            floats(4, 3),
        ),
        {"lateral/W": (20, 5), "upward/W": (20, 3), "upward/b": (20,)},
        (71.4254, 11.3852, 11.3852),
        lazy=lambda: L.StatelessLSTM(5),
    ),
    Case(
        lambda: L.StatelessGRU(3, 5),
        lambda: (
            floats(4, 5),
            floats(4, 3),
        ),
        {
            "U/W": (5, 5),
            "U/b": (5,),
            "U_r/W": (5, 5),
            "U_r/b": (5,),
            "U_z/W": (5, 5),
            "U_z/b": (5,),
            "W/W": (5, 3),
            "W/b": (5,),
            "W_r/W": (5, 3),
            "W_r/b": (5,),
            "W_z/W": (5, 3),
            "W_z/b": (5,),
        },
        (51.5415, 6.89735, 6.89735),
        lazy=lambda: L.StatelessGRU(None, 5),
    ),
    Case(
        lambda: L.StatelessMGU(3, 5),
        lambda: (
            floats(4, 5),
            floats(4, 3),
        ),
        {"W_f/W": (5, 8), "W_f/b": (5,), "W_h/W": (5, 8), "W_h/b": (5,)},
        (22.5694, 5.12802, 5.12802),
    ),
    Case(
        lambda: L.ChildSumTreeLSTM(3, 5),
        lambda: (
            floats(4, 5),
            floats(4, 5, seed=2),
            floats(4, 5, seed=3),
            floats(4, 5, seed=4),
            floats(4, 3),
        ),
        {"W_h_aio/W": (15, 5), "W_h_f/W": (5, 5), "W_x/W": (20, 3), "W_x/b": (20,)},
        (66.5252, 13.8315, 13.8315),
        lazy=lambda: L.ChildSumTreeLSTM(None, 5),
    ),
    Case(
        lambda: L.NaryTreeLSTM(3, 5),
        lambda: (
            floats(4, 5),
            floats(4, 5, seed=2),
            floats(4, 5, seed=3),
            floats(4, 5, seed=4),
            floats(4, 3),
        ),
        {"W_h1/W": (25, 5), "W_h2/W": (25, 5), "W_x/W": (25, 3), "W_x/b": (25,)},
        (124.138, 15.5856, 15.5856),
        lazy=lambda: L.NaryTreeLSTM(None, 5),
    ),
    Case(
        lambda: L.NStepGRU(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(6, 1),
        (102.184, 12.9082, 12.9082),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepBiGRU(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(6, 2),
        (225.527, 25.5608, 25.5608),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepRNNTanh(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(2, 1),
        (35.1007, 25.2079, 25.2079),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepBiRNNTanh(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(2, 2),
        (75.0975, 58.0046, 58.0046),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepRNNReLU(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(2, 1),
        (35.1007, 1.91651, 1.91651),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepBiRNNReLU(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(2, 2),
        (75.0975, 56.353, 56.353),
        call=call_with_sequences,
    ),
    Case(
        lambda: L.NStepLSTM(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(8, 1),
        (136.381, 5.45302, 5.45302),
        call=call_with_sequences_and_cells,
    ),
    Case(
        lambda: L.NStepBiLSTM(2, 3, 5, 0),
        lambda: (
            floats(4, 3),
            floats(3, 3),
            floats(2, 3),
        ),
        n_step_shapes(8, 2),
        (296.686, 21.478, 21.478),
        call=call_with_sequences_and_cells,
    ),
    Case(
        lambda: L.CRF1d(3, initial_cost=chainer.initializers.Normal(1)),
        lambda: (
            floats(4, 3),
            floats(3, 3, seed=2),
            ints(0, 1, 2, 0),
            ints(1, 1, 2),
        ),
        {"cost": (3, 3)},
        (9.43334, 2.56521, 2.56521),
        call=call_crf,
    ),
    Case(
        lambda: L.BinaryHierarchicalSoftmax(3, ((0, 1), ((2, 3), 4))),
        lambda: (
            floats(4, 3),
            ints(0, 4, 2, 3),
        ),
        {"W": (4, 3)},
        (3.97783, 6.45506, 6.45506),
    ),
    Case(
        lambda: L.NegativeSampling(3, [3, 2, 1], 2),
        lambda: (
            floats(4, 3),
            ints(0, 1, -1, 1),
        ),
        {"W": (3, 3)},
        (0, 6.72256, 6.72256),
        call=call_with_filled_weight,
    ),
    Case(
        lambda: L.BlackOut(3, [3, 2, 1], 2),
        lambda: (
            floats(4, 3),
            ints(0, 1, 2, 1),
        ),
        {"W": (3, 3)},
        (0, 2.1192, 2.1192),
        call=call_with_filled_weight,
    ),
]
LAZY = [case for case in CASES if case.lazy is not None]


def ids(cases):
    return [type(case.make()).__name__ for case in cases]


every_link = pytest.mark.parametrize("case", CASES, ids=ids(CASES))
WITH_INITIALIZERS = [case for case in CASES if type(case.make()) is not L.Parameter]  # that one is made of an array
every_link_with_initializers = pytest.mark.parametrize("case", WITH_INITIALIZERS, ids=ids(WITH_INITIALIZERS))
every_lazy_link = pytest.mark.parametrize("case", LAZY, ids=ids(LAZY))


@pytest.fixture
def make(case):
    def make_seeded(seed=0):
        np.random.seed(seed)
        return case.make()

    return make_seeded


def test_every_link_is_in_the_table():
    # Models with published weights, and the one that only refuses, have tests of their own.
    elsewhere = {"VGG16Layers", "VGG19Layers", "ResNet50Layers", "ResNet101Layers", "ResNet152Layers", "GoogLeNet"}
    public = {name for name, value in vars(L).items() if isinstance(value, type) and issubclass(value, chainer.Link)}
    assert public - set(ids(CASES)) == elsewhere | {"TheanoFunction"}


@every_link
def test_parameters_are_those_of_the_last_release(case, make):
    link = make()
    assert {path[1:]: param.shape for path, param in link.namedparams()} == case.shapes
    assert all(param.dtype == np.dtype("f") for param in link.params())
    assert sorted(set(values(link)) - set(case.shapes)) == case.persistent
    # BlackOut has NaN until it is filled.
    made = [param.array for param in link.params() if not np.isnan(param.array).any()]
    np.testing.assert_allclose(total(made), case.totals[0], rtol=1e-5)


@every_link
def test_outputs_are_those_of_the_last_release(case, make):
    link = make()
    trained = total(y.array for y in case.run(link))
    tested = total(y.array for y in case.run(link, train=False))
    np.testing.assert_allclose((trained, tested), case.totals[1:], rtol=2e-5)


@every_lazy_link
def test_sizes_are_learnt_from_the_first_batch(case):
    link = case.lazy()
    assert not all(param.is_initialized for param in link.params())
    case.run(link)
    assert {path[1:]: param.shape for path, param in link.namedparams()} == case.shapes


@every_lazy_link
def test_lazy_link_takes_its_sizes_from_a_file(case, make):
    saved, link = make(), case.lazy()
    file = io.BytesIO()
    save_npz(file, saved)
    file.seek(0)
    load_npz(file, link)
    for ours, theirs in zip(case.run(link, train=False), case.run(saved, train=False)):
        np.testing.assert_array_equal(ours.array, theirs.array)


@every_lazy_link
def test_lazy_link_is_saved_before_its_first_batch(case):
    file = io.BytesIO()
    save_npz(file, case.lazy())
    file.seek(0)
    link = case.lazy()
    load_npz(file, link)
    assert not all(param.is_initialized for param in link.params())


@every_link
def test_saved_and_loaded(case, make):
    saved, loaded = make(), make(seed=1)
    case.run(saved)  # running averages move
    file = io.BytesIO()
    save_npz(file, saved)
    file.seek(0)
    load_npz(file, loaded)
    for name, value in values(saved).items():
        np.testing.assert_array_equal(values(loaded)[name], value, err_msg=name)


@every_link_with_initializers
def test_copies(case, make):
    link = make()
    originals = dict(link.namedparams())
    before = case.run(link, train=False)
    for mode in ("share", "copy", "init"):
        copied = link.copy(mode)
        for path, param in copied.namedparams():
            assert param is not originals[path]
            assert np.shares_memory(param.array, originals[path].array) == (mode == "share"), path
            if mode == "init":
                # What is random is drawn anew, what is constant stays.
                was_constant = np.ptp(originals[path].array) == 0
                assert np.array_equal(param.array, originals[path].array) == was_constant or param.array.ndim < 2, path
        if mode != "init":
            for ours, theirs in zip(case.run(copied, train=False), before):
                np.testing.assert_array_equal(ours.array, theirs.array)


@every_link_with_initializers
def test_repeats(case, make):
    first, second = make().repeat(2)
    for (path, ours), (_, theirs) in zip(first.namedparams(), second.namedparams()):
        assert ours.shape == theirs.shape, path
        assert not np.shares_memory(ours.array, theirs.array), path


@every_link
def test_pickles_and_deep_copies(case, make):
    link = make()
    expected = case.run(link, train=False)
    for other in (pickle.loads(pickle.dumps(link)), copy.deepcopy(link)):
        assert str(other) == str(link)
        for ours, theirs in zip(case.run(other, train=False), expected):
            np.testing.assert_array_equal(ours.array, theirs.array)


@every_link
def test_moves_to_a_device(case, make):
    link = make()
    expected = case.run(link, train=False)  # recurrent links have a state to move now
    assert link.to_device("@numpy") is link
    for ours, theirs in zip(case.run(link, train=False), expected):
        np.testing.assert_array_equal(ours.array, theirs.array)


@every_link
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_keeps_the_dtype(case, dtype):
    with chainer.using_config("dtype", np.dtype(dtype)):
        link = case.make()
        inputs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs()]
        ys = [chainer.as_variable(y) for y in case.run(link, inputs)]
        if type(link) is not L.Parameter:
            assert {y.dtype for y in ys} == {np.dtype(dtype)}
        link.cleargrads()
        sum(F.sum(y) for y in ys).backward()
    for path, param in link.namedparams():
        assert param.grad is None or param.grad.dtype == param.dtype, path


ONE = np.float64(0.5)
WITH_NUMPY_SCALARS = [
    (lambda: L.BatchNormalization(4, decay=ONE, eps=ONE, initial_gamma=ONE), (3, 4, 5)),
    (lambda: L.BatchRenormalization(4, rmax=2 * ONE, dmax=ONE, decay=ONE, eps=ONE), (3, 4, 5)),
    (lambda: L.DecorrelatedBatchNormalization(4, groups=2, decay=ONE, eps=ONE), (9, 4)),
    (lambda: L.LayerNormalization(4, eps=ONE), (3, 4)),
    (lambda: L.GroupNormalization(2, 4, eps=ONE), (3, 4, 5)),
    (lambda: L.SimplifiedDropconnect(4, 3, ratio=ONE), (3, 4)),
    (lambda: L.StatefulZoneoutLSTM(4, 3, ONE, ONE), (3, 4)),
    (lambda: L.LSTM(4, 3, bias_init=ONE, forget_bias_init=ONE), (3, 4)),
    (lambda: L.PReLU(init=ONE), (3, 4)),
    (lambda: L.Swish((), beta_init=ONE), (3, 4)),
    (lambda: L.Highway(4, init_bt=ONE), (3, 4)),
    (lambda: L.Linear(4, 3, initialW=ONE, initial_bias=ONE), (3, 4)),
]


@pytest.mark.parametrize(
    "make, shape", WITH_NUMPY_SCALARS, ids=[type(make()).__name__ for make, _ in WITH_NUMPY_SCALARS]
)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("train", [True, False])
def test_numpy_scalars_do_not_widen(make, shape, dtype, train):
    with chainer.using_config("dtype", np.dtype(dtype)), chainer.using_config("train", train):
        link = make()
        y = link(floats(*shape).astype(dtype))
        assert y.dtype == dtype
        link.cleargrads()
        F.sum(y).backward()
    for param in link.params():
        assert param.dtype == dtype
        # The first step of a recurrent link does not use all parameters.
        assert param.grad is None or param.grad.dtype == dtype


@every_link_with_initializers
def test_gradients(case):
    with chainer.using_config("dtype", np.dtype("d")):
        np.random.seed(0)
        link = case.make()
        inputs = [x.astype("d") if x.dtype.kind == "f" else x for x in case.inputs()]
        places = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
        if type(link) in (L.BlackOut, L.NegativeSampling):
            link.W.array[...] = floats(3, 3, seed=5)
        if type(link) is L.BatchRenormalization:
            places = []  # its correction is a constant to backward, by definition
        # Averages are moved by each call, and gradients are taken of the same function each time.
        persistent = {name: copy.copy(getattr(link, name)) for name in case.persistent if "/" not in name}

        def function(*xs):
            for name, value in persistent.items():
                setattr(link, name, copy.copy(value))
            arguments = list(inputs)
            for i, x in zip(places, xs):
                arguments[i] = x
            np.random.seed(3)
            run = call if case.call is call_with_filled_weight else case.call
            return tuple(flat(run(link, *arguments)))

        data = [inputs[i] for i in places]
        params = tuple(param for param in link.params() if param.array.size)
        grads = [np.asarray(np.random.RandomState(7).rand(*y.shape)) for y in function(*data)]
        # Small steps: some functions have kinks.
        gradient_check.check_backward(function, data, grads, params=params, eps=1e-5, atol=1e-4, rtol=1e-4)
