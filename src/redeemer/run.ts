import { AmbitError } from '../errors.ts'
import { decideNext } from './decideNext.ts'
import { follow } from './follow.ts'
import type { Service } from './service.ts'
import { submitNext } from './submitNext.ts'

export type Running = {
  /** Something was accepted: it is looked at now, and not when it would have been. */
  wake: () => void
  /** Ends after the steps that are under way. What is half done is done by whoever starts next. */
  stop: () => Promise<void>
}

export type RunOptions = {
  /** Milliseconds between looks for what other replicas accepted. */
  lookEvery?: number
  /** Milliseconds between looks at the chain. */
  followEvery?: number
  /** A step failed for a reason that is not the chain's: the store, mostly. It is tried again after `lookEvery`. */
  onTrouble?: (error: AmbitError) => void
}

/**
 * Keeps a service going until it is stopped: decides, submits and follows, each on its own. Any number of processes may run
 * on one store.
 */
export function run(service: Service, options: RunOptions = {}): Running {
  const { lookEvery = 500, followEvery = 500, onTrouble } = options
  const stopping = new AbortController()
  const decided = bell(stopping.signal)
  const accepted = bell(stopping.signal)
  const loops = [
    loop(stopping.signal, async () => {
      const took = await decideNext(service)
      if (took > 0) decided.ring()
      return took === 0 ? accepted.wait(lookEvery) : undefined
    }),
    loop(stopping.signal, async () => ((await submitNext(service)) === 0 ? decided.wait(lookEvery) : undefined)),
    loop(stopping.signal, async () => {
      await follow(service)
      await bell(stopping.signal).wait(followEvery)
    }),
  ]
  function loop(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
    return (async () => {
      while (!signal.aborted) {
        try {
          await step()
        } catch (error) {
          if (!(error instanceof AmbitError)) throw error
          onTrouble?.(error)
          await bell(signal).wait(lookEvery)
        }
      }
    })()
  }
  return {
    wake: accepted.ring,
    stop: async () => {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

/** Waits until it rings, time is up, or everything stops. A ring while nobody waits is heard by the next who does. */
function bell(signal: AbortSignal): { ring: () => void; wait: (milliseconds: number) => Promise<void> } {
  let rung = false
  let heard = () => {}
  return {
    ring: () => {
      rung = true
      heard()
    },
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          heard = () => {}
          rung = false
          resolve()
        }
        const timer = setTimeout(done, milliseconds)
        signal.addEventListener('abort', done)
        heard = done
        if (rung || signal.aborted) done()
      }),
  }
}
