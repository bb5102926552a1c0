import { getTypesForEIP712Domain, serializeTypedData, type TypedDataDefinition } from 'viem'

/** Typed data as `eth_signTypedData_v4` takes it: with the type of its domain, and numbers as texts. */
export function typedDataText(definition: TypedDataDefinition<never, never> | object): string {
  const { domain, types, primaryType, message } = definition as TypedDataDefinition
  const all = { EIP712Domain: getTypesForEIP712Domain({ domain }), ...types }
  return serializeTypedData({ domain, types: all, primaryType, message } as never)
}
