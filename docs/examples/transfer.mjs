// Sends tokens, waits for the block by subscription, reads the recipient's balance. Needs Node.js 22, nothing else.
// node transfer.mjs HOST:PORT SEED_HEX RECIPIENT_HEX UASY
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";

const [host, seed, to, amount] = process.argv.slice(2);
const sha256 = (data) => createHash("sha256").update(data).digest();

// Protobuf by hand, by proto/tx.proto and proto/query.proto; fields that are zero are left out.
const varint = (n) => (n > 127n ? [Number(n & 127n) | 128, ...varint(n >> 7n)] : [Number(n)]);
const num = (tag, n) => (n ? Buffer.from([tag << 3, ...varint(BigInt(n))]) : Buffer.alloc(0));
const data = (tag, b) => Buffer.concat([Buffer.from([(tag << 3) | 2, ...varint(BigInt(b.length))]), b]);
const decode = (b) => {
  const fields = {};
  let i = 0;
  const next = () => (b[i] > 127 ? BigInt(b[i++] & 127) + 128n * next() : BigInt(b[i++]));
  while (i < b.length) {
    const tag = b[i++];
    const value = next();
    fields[tag >> 3] = tag & 2 ? b.subarray(i, (i += Number(value))) : value;
  }
  return fields;
};

const rpc = async (method, params) => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const { result, error } = await (await fetch(`http://${host}`, { method: "POST", body })).json();
  if (error) throw new Error(error.data);
  return result;
};
const account = async (address) => { // the latest record, as the node says: its whole key is the prefix asked for
  const request = data(3, Buffer.concat([Buffer.from("a"), address])).toString("hex");
  const { response } = await rpc("abci_query", { path: "/store/range", data: request });
  const entry = decode(Buffer.from(response.value ?? "", "base64"))[1];
  const [, sequence = 0n, balance = 0n] = Object.assign([], decode(entry ? decode(entry)[2] : []));
  return { sequence, balance };
};

const key = createPrivateKey({ key: Buffer.from("302e020100300506032b657004220420" + seed, "hex"), format: "der", type: "pkcs8" });
const publicKey = Buffer.from(createPublicKey(key).export({ format: "jwk" }).x, "base64url");
const chainId = (await rpc("status", {})).node_info.network;
const { sequence } = await account(sha256(publicKey).subarray(0, 20));
const transfer = Buffer.concat([data(1, Buffer.from(to, "hex")), num(2, amount)]);
const body = Buffer.concat([data(1, data(1, transfer)), num(2, sequence), num(3, 1000), num(4, 10)]);
const signed = Buffer.concat([Buffer.from("assay/tx/v1"), Buffer.from([chainId.length]), Buffer.from(chainId), body]);
const tx = Buffer.concat([data(1, body), data(2, publicKey), data(3, sign(null, signed, key))]);

const socket = new WebSocket(`ws://${host}/websocket`);
const query = `tm.event='Tx' AND tx.hash='${sha256(tx).toString("hex").toUpperCase()}'`;
socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params: { query } }));
socket.onmessage = async (message) => {
  const { result } = JSON.parse(message.data);
  if (!result.data) { // the subscription is confirmed: send
    const { code, log } = await rpc("broadcast_tx_sync", { tx: tx.toString("base64") });
    if (code) throw new Error(log);
    return;
  }
  const { height, result: outcome } = result.data.value.TxResult;
  const { balance } = await account(Buffer.from(to, "hex"));
  console.log(JSON.stringify({ height: Number(height), code: outcome.code ?? 0, balance: String(balance) }));
  socket.close();
};
