import { useQuery } from '@tanstack/react-query'
import type { WalletGrant } from '../../../src/dapp/walletGrant.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { Attempts } from './Attempts.tsx'
import { loadAttempts } from './services.ts'

export function Granted({ config, grant, onNew }: { config: ExampleConfig; grant: WalletGrant; onNew: () => void }) {
  const attempts = useQuery({
    queryKey: ['attempts', grant.id],
    queryFn: () => loadAttempts(config, grant.id),
    refetchInterval: 500,
  })
  return (
    <main>
      <div className="columns">
        <section className="card">
          <h2 className="eyebrow">What {config.agent.name} did</h2>
          <Attempts attempts={attempts.data ?? []} config={config} />
        </section>
        <section className="aside card">
          grant
          <button type="button" onClick={onNew}>
            new
          </button>
        </section>
      </div>
    </main>
  )
}
