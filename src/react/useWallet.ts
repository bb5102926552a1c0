'use client'
import type { Config } from '@wagmi/core'
import { useConfig, useConnection } from 'wagmi'
import type { WalletParameters } from '../query/types.ts'

export type ConfigParameter = { /** Absent: that of `WagmiProvider`. */ config?: Config | undefined }

/** The config, and the wallet that is connected unless the caller names one. */
export function useWallet(parameters: ConfigParameter & WalletParameters): { config: Config } & WalletParameters {
  const config = useConfig(parameters) as Config
  const { connector, address } = useConnection({ config })
  return {
    config,
    connector: parameters.connector ?? connector,
    account: parameters.account ?? (address?.toLowerCase() as WalletParameters['account']),
  }
}
