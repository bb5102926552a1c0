import type { ChainChoice } from './chains.ts'
import type { Context } from './command.ts'
import { openChain, type Session } from './session.ts'

/** Milliseconds after the last request at which the chain is given back. */
const IDLE = 1_500

/**
 * The embedded chain for a command that runs for hours: it is started when something is asked of it and given back when nothing
 * is, so that other commands of this machine do not wait for this one to end. Other chains are simply open.
 */
export async function openResting(context: Context, choice: ChainChoice): Promise<Session> {
  if (!choice.embedded) return openChain(context, choice)
  const rest = createRest(context, choice)
  context.defer(rest.end)
  const { createClient, custom } = await import('viem')
  const { environment, local } = await rest.use(async (session) => session)
  return {
    choice,
    environment,
    node: createClient({
      transport: custom({ request: (asked) => rest.use(({ node }) => node.request(asked)) }, { retryCount: 0 }),
      pollingInterval: 50,
    }),
    ...(local === undefined ? {} : { local }),
    freshen: (olderThanSeconds) => rest.use((session) => session.freshen(olderThanSeconds)),
    save: () => rest.use((session) => session.save()),
  }
}

type Rest = {
  use<answer>(work: (session: Session) => Promise<answer>): Promise<answer>
  end(): Promise<void>
}

function createRest(context: Context, choice: ChainChoice): Rest {
  let cleanups: (() => Promise<void> | void)[] = []
  let opened: Promise<Session> | undefined
  let closing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let users = 0

  const close = (): Promise<void> => {
    const own = cleanups.reverse()
    cleanups = []
    opened = undefined
    closing = closing.then(async () => {
      // One that fails must not keep the lock from being given back.
      for (const cleanup of own) await Promise.resolve(cleanup()).catch(() => undefined)
    })
    return closing
  }
  const open = async (): Promise<Session> => {
    // What was open before has to be saved and given back first: two engines on one file would write over each other.
    await closing
    return openChain({ ...context, defer: (cleanup) => cleanups.push(cleanup) }, choice)
  }
  return {
    async use(work) {
      clearTimeout(timer)
      users++
      try {
        opened ??= open().catch(async (error: unknown) => {
          await close()
          throw error
        })
        return await work(await opened)
      } finally {
        users--
        if (users === 0) timer = setTimeout(() => void close(), IDLE)
      }
    },
    end() {
      clearTimeout(timer)
      return close()
    },
  }
}
