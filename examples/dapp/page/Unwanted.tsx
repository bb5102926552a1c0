import type { WalletGrant } from '../../../src/dapp/index.ts'
import { useRevokeGrant } from '../../../src/react/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { Refusal } from './Refusal.tsx'

/** What the wallet signed and this page does not use: it is there all the same, until it is ended. */
export function Unwanted({ config, grant }: { config: ExampleConfig; grant: WalletGrant }) {
  const revoke = useRevokeGrant()
  if (revoke.data?.status === 'revoked') {
    return (
      <p className="hint" role="status" data-testid="unwanted-ended">
        What was signed has ended: nothing can be spent with it.
      </p>
    )
  }
  return (
    <>
      <button
        className="button danger"
        type="button"
        data-testid="unwanted"
        disabled={revoke.isPending}
        onClick={() => revoke.mutate({ grant })}
      >
        {revoke.isPending ? 'Look at your wallet …' : 'End what was signed'}
      </button>
      {revoke.data?.status === 'refused' && <Refusal config={config} error={revoke.data.error} />}
      {revoke.error !== null && <Refusal config={config} error={revoke.error} />}
    </>
  )
}
