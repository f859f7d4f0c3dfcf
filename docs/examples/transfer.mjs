// Sends tokens, waits for the block by subscription, reads the recipient's balance. Needs Node.js 22, nothing else.
// node transfer.mjs HOST:PORT SEED_HEX RECIPIENT_HEX UASY
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { once } from "node:events";
import { decode, encode } from "./protobuf.mjs"; // the numbers of fields are those of proto/*.proto

const [host, seed, recipient, amount] = process.argv.slice(2);
const to = Buffer.from(recipient, "hex");
const sha256 = (data) => createHash("sha256").update(data).digest();
const call = (method, params) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const rpc = async (...request) => {
  const { result, error } = await (await fetch(`http://${host}`, { method: "POST", body: call(...request) })).json();
  if (error) throw new Error(error.data);
  return result;
};
const account = async (address) => { // the latest record: of all keys that begin with its key, there is one
  const data = encode({ 3: Buffer.concat([Buffer.from("a"), address]) }).toString("hex"); // PageRequest
  const { response } = await rpc("abci_query", { path: "/store/range", data });
  const { 1: entry } = decode(Buffer.from(response.value ?? "", "base64")); // Page
  const { 1: sequence = 0n, 2: balance = 0n } = entry ? decode(decode(entry)[2]) : {}; // Account
  return { sequence, balance };
};

const key = createPrivateKey({ key: Buffer.from("302e020100300506032b657004220420" + seed, "hex"), format: "der", type: "pkcs8" });
const publicKey = Buffer.from(createPublicKey(key).export({ format: "jwk" }).x, "base64url");
const chainId = (await rpc("status", {})).node_info.network;
const { sequence } = await account(sha256(publicKey).subarray(0, 20));
const message = encode({ 1: encode({ 1: to, 2: amount }) }); // Message, of kind MsgTransfer
const body = encode({ 1: message, 2: sequence, 3: 1000, 4: 10 }); // TxBody: at most 1,000 gas, for 10 uasy
const signed = Buffer.concat([Buffer.from("assay/tx/v1"), Buffer.from([chainId.length]), Buffer.from(chainId), body]);
const tx = encode({ 1: body, 2: publicKey, 3: sign(null, signed, key) });

const socket = new WebSocket(`ws://${host}/websocket`);
await once(socket, "open");
socket.send(call("subscribe", { query: `tm.event='Tx' AND tx.hash='${sha256(tx).toString("hex").toUpperCase()}'` }));
await once(socket, "message"); // the subscription is confirmed
const inBlock = once(socket, "message");
const { code, log } = await rpc("broadcast_tx_sync", { tx: tx.toString("base64") });
if (code) throw new Error(log);
const { height, result } = JSON.parse((await inBlock)[0].data).result.data.value.TxResult;
console.log(JSON.stringify({ height: Number(height), code: result.code ?? 0, balance: String((await account(to)).balance) }));
socket.close();
