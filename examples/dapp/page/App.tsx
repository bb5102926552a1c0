import { useState } from 'react'
import { useConnection } from 'wagmi'
import type { WalletGrant } from '../../../src/dapp/walletGrant.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { Asking } from './Asking.tsx'
import { Granted } from './Granted.tsx'
import { short } from './words.ts'

/** One page: first the questions and what they come to, then the grant and what is done with it. */
export function App({ config }: { config: ExampleConfig }) {
  const [grant, setGrant] = useState<WalletGrant>()
  const { address } = useConnection()
  return (
    <div className="page">
      <header className="top">
        <span className="brand">
          <img src={new URL('./icon.svg', import.meta.url).href} alt="" />
          Allowance
        </span>
        {address !== undefined && (
          <span className="account" data-testid="account" title={address}>
            {short(address)}
          </span>
        )}
      </header>
      {grant === undefined ? (
        <Asking config={config} onGranted={setGrant} />
      ) : (
        <Granted config={config} grant={grant} onNew={() => setGrant(undefined)} />
      )}
    </div>
  )
}
