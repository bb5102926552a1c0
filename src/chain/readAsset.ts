import { hexToBytes } from 'viem'
import { type Address, byteLength, bytesToUint, type Hex, sliceBytes } from '../primitives/hex.ts'
import type { AssetInfo } from '../scope/types.ts'
import { readUint } from './answers.ts'
import { type BlockName, readBlock } from './block.ts'
import { callAt, malformed, type NodeClient } from './rpc.ts'

/** `symbol()` and `decimals()`. */
const SYMBOL: Hex = '0x95d89b41'
const DECIMALS: Hex = '0x313ce567'
const MAX_SYMBOL_BYTES = 32

/**
 * Symbol and decimals of an ERC-20, at one block. The symbol is the token's own word and untrusted: bounded here, rendered
 * harmless by whoever shows it. Old tokens answer `bytes32`; both forms are read.
 *
 * @throws `ChainError` `chain.rpc_malformed` for what is no token, `chain.rpc_…`.
 */
export async function readAsset(
  client: NodeClient,
  { asset, block }: { asset: Address; block?: BlockName },
): Promise<AssetInfo> {
  const { hash } = await readBlock(client, block)
  const [symbol, decimals] = await Promise.all(
    [SYMBOL, DECIMALS].map((data) => callAt(client, { to: asset, data, block: hash })),
  )
  if (symbol?.status !== 'ok' || decimals?.status !== 'ok') throw malformed('eth_call', 'an ERC-20 token', asset)
  const places = readUint('eth_call', decimals.data)
  if (places > 77n) throw malformed('eth_call', 'at most 77 decimals', places.toString())
  return { symbol: readSymbol(symbol.data), decimals: Number(places) }
}

function readSymbol(data: Hex): string {
  const size = byteLength(data)
  // One word is the old form: text up to the first zero byte.
  if (size === 32) return text(data.replace(/(?:00)+$/, '') as Hex)
  const length = size < 64 ? -1n : bytesToUint(sliceBytes(data, 32, 64))
  const whole = size >= 64 && bytesToUint(sliceBytes(data, 0, 32)) === 32n && length <= BigInt(size - 64)
  if (!whole || length > BigInt(MAX_SYMBOL_BYTES)) throw malformed('eth_call', 'a short symbol', null)
  return text(sliceBytes(data, 64, 64 + Number(length)))
}

function text(bytes: Hex): string {
  try {
    const symbol = new TextDecoder('utf-8', { fatal: true }).decode(hexToBytes(bytes))
    if (symbol.length > 0) return symbol
  } catch {
    // Falls through: not text.
  }
  throw malformed('eth_call', 'a symbol in UTF-8', bytes)
}
