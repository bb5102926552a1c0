import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterEach } from 'vitest'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** `ambit console` in a process of its own. */
export type ConsoleProcess = {
  /** Opens it once. */
  url: string
  origin: string
  /** What it wrote until now. */
  stdout(): string
  /** Ctrl-C; gives its exit code. */
  end(): Promise<unknown>
}

/** Runs the command as it stands in the source, unless said otherwise. */
type Way = { command: readonly [string, string]; env: NodeJS.ProcessEnv }

/** Consoles over a state folder, with these flags; whatever still runs after a test is ended. */
export function useConsoleProcess(): (folder: string, argv: readonly string[], way?: Way) => Promise<ConsoleProcess> {
  let children: ChildProcess[] = []
  afterEach(() => {
    for (const { pid, exitCode } of children) if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL')
    children = []
  })
  return async (folder, argv, way = { command: [process.execPath, MAIN], env: { PATH: process.env['PATH'] } }) => {
    const [node, main] = way.command
    const child = spawn(node, [main, 'console', ...argv, '--json'], {
      env: { ...way.env, AMBIT_HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    children.push(child)
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    while (!stdout.includes('\n')) await once(child.stdout, 'data')
    const { url, origin } = JSON.parse(stdout).data as { url: string; origin: string }
    return {
      url,
      origin,
      stdout: () => stdout,
      end: async () => {
        const exit = once(child, 'exit')
        // As a terminal does it: to the whole group, the engine of a chain too.
        process.kill(-(child.pid as number), 'SIGINT')
        return (await exit)[0]
      },
    }
  }
}
