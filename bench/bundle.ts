import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

/** Most bytes that a page may grow by when it loads, gzip. */
export const REACH = { dapp: 10_240, react: 4_096 }

/** Parts of a page that wait until somebody does what they are for, in bytes above what the page has then. */
export type Later = Readonly<Record<string, number>>

/** Bytes, gzip. */
export type BundleFigures = {
  dapp: {
    /** What the page loads before anybody does anything: every preview, every description, and the calls that start the rest. */
    gzipAboveViem: number
    /** All code of ours and of viem that has run when a wallet's permission was granted, verified, watched and revoked. */
    gzipToGrant: number
    /** `compiled`: scopes that no wallet's permission can say. `flows`: the rest of `gzipToGrant`. */
    later: Later
  }
  react: { gzipAboveDapp: number; later: Later }
  kit: { gzipAboveViem: number; later: Later }
}

/** Figures that are above what they may be. */
export function aboveReach({
  dapp,
  react,
}: {
  dapp: Pick<BundleFigures['dapp'], 'gzipAboveViem'>
  react: Pick<BundleFigures['react'], 'gzipAboveDapp'>
}): string[] {
  const figures = [
    ['dapp.gzipAboveViem', dapp.gzipAboveViem, REACH.dapp],
    ['react.gzipAboveDapp', react.gzipAboveDapp, REACH.react],
  ] as const
  return figures.flatMap(([name, bytes, most]) => (bytes > most ? [`${name} ${bytes} > ${most}`] : []))
}

/** What waits on the way of every grant, by the module that is loaded. */
const ON_THE_WAY = ['flows']

/**
 * What a page's visitors load: five pages, built as a page is built, each beside the one that it is compared with. Bytes are
 * those of all chunks that one page loads, compressed together: what the builder cuts into pieces costs nobody more.
 */
export async function measureBundle(): Promise<BundleFigures> {
  const [viem, dapp, kit, wagmi, react] = await Promise.all(['viem', 'dapp', 'kit', 'wagmi', 'react'].map(buildPage))
  return figures(viem as Page, dapp as Page, kit as Page, wagmi as Page, react as Page)
}

function figures(viem: Page, dapp: Page, kit: Page, wagmi: Page, react: Page): BundleFigures {
  return {
    dapp: {
      gzipAboveViem: dapp.size(dapp.initial) - viem.size(viem.initial),
      gzipToGrant: dapp.size(dapp.with(ON_THE_WAY)) - viem.size(viem.initial),
      later: dapp.later(viem),
    },
    react: { gzipAboveDapp: react.size(react.initial) - wagmi.size(wagmi.initial), later: react.later(wagmi) },
    kit: { gzipAboveViem: kit.size(kit.initial) - viem.size(viem.initial), later: kit.later(viem) },
  }
}

/** A built page: its chunks by file name. */
class Page {
  readonly #chunks: ReadonlyMap<string, Rolldown.OutputChunk>
  readonly initial: ReadonlySet<string>

  constructor(output: readonly Rolldown.OutputChunk[]) {
    this.#chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]))
    this.initial = this.#reached(output.flatMap(({ isEntry, fileName }) => (isEntry ? [fileName] : [])))
  }

  size(files: ReadonlySet<string>): number {
    const code = [...files].map((file) => this.#chunks.get(file)?.code ?? '')
    return gzipSync(code.join('\n'), { level: 9 }).length
  }

  /** The first chunks, and those that are loaded for these modules. */
  with(names: readonly string[]): ReadonlySet<string> {
    const roots = [...this.#chunks.values()].filter(
      ({ name, isDynamicEntry }) => isDynamicEntry && names.includes(name),
    )
    return new Set([...this.initial, ...this.#reached(roots.map(({ fileName }) => fileName))])
  }

  /** What waits here and not in the page it is compared with. */
  later(other: Page): Later {
    const known = new Set([...other.#chunks.values()].map(({ name }) => name))
    const waiting = [...this.#chunks.values()].filter(({ name, isDynamicEntry }) => isDynamicEntry && !known.has(name))
    const sizes = waiting.map(({ name }) => [name, this.size(this.with([name])) - this.size(this.initial)] as const)
    return Object.fromEntries(sizes)
  }

  #reached(files: readonly string[], seen = new Set<string>()): Set<string> {
    for (const file of files) {
      if (seen.has(file)) continue
      seen.add(file)
      this.#reached(this.#chunks.get(file)?.imports ?? [], seen)
    }
    return seen
  }
}

async function buildPage(name: string): Promise<Page> {
  const result = await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: join(import.meta.dirname, 'bundle', `${name}.ts`) },
    },
  })
  const [{ output }] = [result].flat() as [Rolldown.RolldownOutput]
  return new Page(output.filter((file) => file.type === 'chunk'))
}
