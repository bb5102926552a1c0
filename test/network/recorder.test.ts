import { describe, expect, it } from 'vitest'
import type { Attempt } from './recorder.ts'
import { recordNode, strays } from './recording.ts'

// The watch must be able to bark: each way out of a process is tried, and seen.

const ROOT = process.cwd()

async function attemptsOf(code: string): Promise<Attempt[]> {
  const { attempts, exitCode, stderr } = await recordNode(['--input-type=module', '-e', code], { cwd: ROOT })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return attempts
}

describe('recordNode', () => {
  it('default: a process that stays at home leaves nothing', async () => {
    expect(await attemptsOf('await import("node:http"); JSON.parse("{}")')).toEqual([])
  })

  it.each([
    ['fetch by name', 'await fetch("http://stray.invalid/").catch(() => {})', 'stray.invalid'],
    ['fetch over TLS', 'await fetch("https://stray.invalid/").catch(() => {})', 'stray.invalid'],
    ['fetch by address', 'await fetch("http://127.0.0.1:40001/").catch(() => {})', '"port":40001}'],
    [
      'node:http',
      'import http from "node:http"; http.get("http://127.0.0.1:40002/").on("error", () => {})',
      '"port":40002}',
    ],
    [
      'node:tls',
      'import tls from "node:tls"; tls.connect({ host: "127.0.0.1", port: 40003 }).on("error", () => {})',
      '"port":40003}',
    ],
    [
      'a raw socket',
      'import { connect } from "node:net"; connect(40004, "127.0.0.1").on("error", () => {})',
      '"port":40004}',
    ],
    ['a pipe', 'import net from "node:net"; net.connect("/nowhere.sock").on("error", () => {})', '/nowhere.sock'],
    ['WebSocket', 'new WebSocket("ws://127.0.0.1:40005/").onerror = () => {}', '"port":40005}'],
    ['a lookup', 'import { lookup } from "node:dns"; lookup("stray.invalid", () => {})', '"method":"lookup"'],
    [
      'a DNS query',
      'import { promises } from "node:dns"; promises.resolveTxt("secret.stray.invalid").catch(() => {}); process.exit()',
      '"method":"resolveTxt","name":"secret.stray.invalid"',
    ],
    [
      'a datagram',
      'import dgram from "node:dgram"; const s = dgram.createSocket("udp4"); s.send("x", 9, "127.0.0.1", () => s.close())',
      '"kind":"datagram"',
    ],
    [
      'a Node child',
      'import { spawn } from "node:child_process"; spawn("node", ["-e", "fetch(`http://127.0.0.1:40006/`).catch(() => {})"])',
      '"port":40006}',
    ],
    [
      'a worker thread',
      'import { Worker } from "node:worker_threads"; new Worker("fetch(`http://127.0.0.1:40007/`).catch(() => {})", { eval: true })',
      '"port":40007}',
    ],
    ['a foreign child', 'import { spawnSync } from "node:child_process"; spawnSync("true", ["stray"])', '"stray"'],
  ])('error: %s is caught', async (_name, code, trace) => {
    const found = strays(await attemptsOf(code), [])
    expect(JSON.stringify(found)).toContain(trace)
  })
})

describe('strays', () => {
  const socket = (host: string, port: number): Attempt => ({ kind: 'socket', host, port })
  const anvil = (args: string[]): Attempt => ({ kind: 'process', file: '/bin/anvil', args })

  it('default: the RPC that was named, and a local chain that was started', () => {
    const attempts: Attempt[] = [anvil([]), { kind: 'own', port: 9 }, socket('127.0.0.1', 9), socket('localhost', 8545)]
    expect(strays(attempts, [8545])).toEqual([])
  })

  it('error: another port of loopback, and the right port of another host', () => {
    const attempts = [socket('127.0.0.1', 8546), socket('203.0.113.1', 8545)]
    expect(strays(attempts, [8545])).toEqual(attempts)
  })

  it('error: a local chain that forks a remote one', () => {
    const attempts = [anvil(['anvil', '--fork-url', 'https://rpc.example'])]
    expect(strays(attempts, [])).toEqual(attempts)
  })
})
