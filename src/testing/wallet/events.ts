import type { ProviderEvents } from './types.ts'

type Listener = (value: never) => void

/** The events of EIP-1193. A listener that throws is the page's own affair: the others hear all the same. */
export function createEvents() {
  const listeners = new Map<keyof ProviderEvents, Set<Listener>>()
  return {
    on<event extends keyof ProviderEvents>(event: event, listener: (value: ProviderEvents[event]) => void): void {
      const known = listeners.get(event) ?? new Set()
      listeners.set(event, known.add(listener as Listener))
    },
    removeListener<event extends keyof ProviderEvents>(
      event: event,
      listener: (value: ProviderEvents[event]) => void,
    ): void {
      listeners.get(event)?.delete(listener as Listener)
    },
    emit<event extends keyof ProviderEvents>(event: event, value: ProviderEvents[event]): void {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(value as never)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
