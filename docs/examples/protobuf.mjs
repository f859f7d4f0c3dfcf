// Protobuf's wire format, as far as the messages in proto/ need it: a message is { field number: integer or bytes }.

const varint = (n) => (n > 127n ? [Number(n & 127n) | 128, ...varint(n >> 7n)] : [Number(n)]);

const field = (number, value) => {
  if (value instanceof Uint8Array) return [...varint(BigInt(number << 3 | 2)), ...varint(BigInt(value.length)), ...value];
  return BigInt(value) ? [...varint(BigInt(number << 3)), ...varint(BigInt(value))] : []; // zero is left out
};

export const encode = (message) =>
  Buffer.from(Object.entries(message).flatMap(([number, value]) => field(Number(number), value)));

export const decode = (bytes) => {
  const message = {};
  let at = 0;
  const next = () => (bytes[at] > 127 ? BigInt(bytes[at++] & 127) + 128n * next() : BigInt(bytes[at++]));
  while (at < bytes.length) {
    const tag = Number(next());
    const value = next();
    message[tag >> 3] = tag & 2 ? bytes.subarray(at, (at += Number(value))) : value;
  }
  return message;
};
