"""A model file with other texts in it: metadata rewritten, tensors as they were."""
import struct

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(self.number("Q"))

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind != ARRAY:
            return self.take(_SIZES[kind])
        element, count = self.number("I"), self.number("Q")
        return element, [self.value(element) for _ in range(count)]


def _written(kind, value):
    if kind == STRING:
        return struct.pack("<Q", len(value)) + value
    if kind != ARRAY:
        return value
    element, values = value
    return struct.pack("<IQ", element, len(values)) + b"".join(_written(element, each) for each in values)


def rewrite(source, target, change):
    """change(key, value) gives the value back, or another; strings are bytes, arrays (element type, list)."""
    with open(source, "rb") as file:
        reader = _Reader(file.read())
    head = reader.take(8)
    tensors, keys = reader.number("Q"), reader.number("Q")
    out = head + struct.pack("<QQ", tensors, keys)
    for _ in range(keys):
        key = reader.string()
        kind = reader.number("I")
        out += _written(STRING, key) + struct.pack("<I", kind) + _written(kind, change(key.decode(), reader.value(kind)))
    begin = reader.at
    for _ in range(tensors):
        reader.string()
        reader.take(8 * reader.number("I") + 12)
    out += reader.data[begin:reader.at]
    padded = lambda size: (size + 31) // 32 * 32
    if tensors:
        out += bytes(padded(len(out)) - len(out)) + reader.data[padded(reader.at):]
    with open(target, "wb") as file:
        file.write(out)
