"""Which operators of ops.inc ONNX has in float16, from which opset on, by its own schemas.

Run as a program, it writes Sources/IoUCompiler/Float16/Float16Form+Table.swift.
"""

import onnx
from libiou import ROOT
from operator_forms import registered

TABLE = ROOT / "Sources/IoUCompiler/Float16/Float16Form+Table.swift"
HEADER = '''extension Float16Form {
    /// Written by tools/check/references/float16_forms.py from ONNX's schemas, a line for every
    /// change of a form: the operator, the opset that it holds from, the inputs and outputs that are
    /// float32 all the same; `none`: it is not in float16.
    static let table = """
'''
FLOAT, FLOAT16 = "tensor(float)", "tensor(float16)"
# What an attribute says of the type of an output, and operators whose outputs are of a tensor attribute's.
TYPE_ATTRIBUTES = {"dtype", "output_datatype", "output_dtype"}
OF_ATTRIBUTES = {"Constant", "ConstantOfShape"}


def form(schema: onnx.defs.OpSchema) -> list[str]:
    """The inputs and outputs that are float32 alone, as "in1" and "out2"; or "none"."""
    types = {one.type_param_str: set(one.allowed_type_strs) for one in schema.type_constraints}

    def only_float32(parameter: onnx.defs.OpSchema.FormalParameter) -> bool:
        allowed = types.get(parameter.type_str, {parameter.type_str})
        return FLOAT in allowed and FLOAT16 not in allowed

    def kept(kind: str, parameters: list[onnx.defs.OpSchema.FormalParameter]) -> list[str]:
        return [f"{kind}{index}" for index, parameter in enumerate(parameters) if only_float32(parameter)]

    attributes = schema.attributes.values()
    inner = any(attribute.type in (onnx.defs.OpSchema.AttrType.GRAPH, onnx.defs.OpSchema.AttrType.GRAPHS)
                for attribute in attributes)
    chosen = TYPE_ATTRIBUTES & {attribute.name for attribute in attributes} or schema.name in OF_ATTRIBUTES
    if inner or chosen or schema.deprecated or any(map(only_float32, schema.outputs[:1])):
        return ["none"]
    return kept("in", schema.inputs) + kept("out", schema.outputs)


def forms(op: str) -> list[tuple[int, list[str]]]:
    """(opset, form) of each change, in order."""
    found: list[tuple[int, list[str]]] = []
    schemas = [one for one in onnx.defs.get_all_schemas_with_history() if one.domain == "" and one.name == op]
    for schema in sorted(schemas, key=lambda one: one.since_version):
        made = form(schema)
        if (found[-1][1] if found else ["none"]) != made:
            found.append((schema.since_version, made))
    return found


def table() -> str:
    """What the file has to be."""
    lines = [" ".join(["       ", op, str(since), *kept]) for op in sorted(registered()) for since, kept in forms(op)]
    return HEADER + "\n".join(lines) + '\n        """\n}\n'


if __name__ == "__main__":
    TABLE.write_text(table())
