import { useState } from 'react'
import { useConnection } from 'wagmi'
import type { ExampleConfig } from '../server/wire.ts'
import { Asking, type Granted } from './Asking.tsx'
import { forget, keep } from './keeping.ts'
import { Using } from './Using.tsx'
import { short } from './words.ts'

/** One page: first the questions and what they come to, then the grant and what is done with it. */
export function App({ config, kept }: { config: ExampleConfig; kept: Granted | undefined }) {
  const [granted, setGranted] = useState(kept)
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
      {granted === undefined ? (
        <Asking
          config={config}
          onGranted={(granted) => {
            keep(granted)
            setGranted(granted)
          }}
        />
      ) : (
        <Using
          config={config}
          granted={granted}
          onNew={() => {
            forget()
            setGranted(undefined)
          }}
        />
      )}
    </div>
  )
}
