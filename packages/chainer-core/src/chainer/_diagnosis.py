"""Where an error comes from: the user's line, the layer, the arrays.

Nothing here runs unless something went wrong, except :func:`call_site`, which
notes the line that calls a function while the graph is recorded.
"""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from chainer.function_node import FunctionNode
    from chainer.variable import Variable

CallSite: TypeAlias = tuple[CodeType, int]

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def _call_site_from(frame: FrameType | None) -> CallSite | None:
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


_is_ours: dict[str, bool] = {}  # file name -> whether it belongs to this package


def call_site(depth: int) -> CallSite | None:
    """The innermost place outside this package, as cheap as it can be noted: code and instruction.

    Args:
        depth: How many frames above this function's caller to begin.
    """
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None:
        code = frame.f_code
        name = code.co_filename
        ours = _is_ours.get(name)
        if ours is None:
            ours = _is_ours[name] = name.startswith(_PACKAGE)
        if not ours:
            return code, frame.f_lasti
        frame = frame.f_back
    return None


def describe_call_site(site: CallSite | None) -> str | None:
    """A call site in words: ``train.py, line 12, in forward: h = F.relu(self.l1(x))``."""
    if site is None:
        return None
    code, instruction = site
    positions = list(code.co_positions())
    index = instruction // 2
    line = positions[index][0] if 0 <= index < len(positions) else code.co_firstlineno
    text = linecache.getline(code.co_filename, line or 0).strip()
    return f"{code.co_filename}, line {line}, in {code.co_name}" + (f": {text}" if text else "")


def link_path(frame: FrameType | None) -> str | None:
    """Path of the innermost link whose forward pass is running, from the outermost one: ``/predictor/conv1``."""
    from chainer.link import Link

    links: list[Link] = []
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_argcount else None
        if isinstance(owner, Link) and (not links or links[-1] is not owner):
            links.append(owner)
        frame = frame.f_back
    if not links:
        return None
    innermost, outermost = links[0], links[-1]
    for path, link in outermost.namedlinks():
        if link is innermost:
            return path
    return f"{type(innermost).__name__} (not a child of {type(outermost).__name__})"


def describe_array(x: Any) -> str:
    """Dtype and shape: ``float32 (32, 10)``."""
    if x is None:
        return "nothing"
    dtype, shape = getattr(x, "dtype", None), getattr(x, "shape", None)
    return type(x).__name__ if shape is None else f"{dtype} {shape}"


def explain_forward(func: FunctionNode, in_data: Any, frame: FrameType | None) -> str:
    """The lines that an error in a forward pass carries: who, where, on what."""
    lines = [f"function: {func.label}", f"inputs: {', '.join(map(describe_array, in_data)) or 'none'}"]
    path = link_path(frame)
    if path is not None:
        lines.append(f"link: {path}")
    where = describe_call_site(_call_site_from(frame))
    if where is not None:
        lines.append(f"called at: {where}")
    return "\n".join(lines)


def explain_backward(func: FunctionNode, grad_outputs: Any) -> str:
    """The lines that an error in a backward pass carries: who, where its forward ran, on what."""
    lines = [f"function: {func.label} (backward)"]
    inputs = [f"{node.dtype} {node.shape}" + (f" ({node.name})" if node.name else "") for node in func.inputs or ()]
    lines.append(f"inputs: {', '.join(inputs)}")
    lines.append(f"output gradients: {', '.join(describe_array(gy) for gy in grad_outputs)}")
    if func._link_path is not None:
        lines.append(f"link: {func._link_path}")
    where = describe_call_site(func._call_site)
    if where is not None:
        lines.append(f"forward called at: {where}")
    if func._link_path is None:
        lines.append("chainer.set_debug(True) before the forward pass adds the link's path")
    return "\n".join(lines)


def made_by(variable: Variable) -> str:
    """A clause for messages: which function made a variable, and where it was called."""
    func = variable.creator_node
    if func is None:
        return ""
    where = describe_call_site(func._call_site)
    return f" (made by {func.label}" + (f" at {where})" if where else ")")


def current_frame(depth: int = 1) -> FrameType:
    """Frame of the caller, or of one further out."""
    return sys._getframe(depth + 1)
