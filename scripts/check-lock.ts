/**
 * Holds package-lock.json to what `npm ci` needs on every host. Exits 1 and names each fault; `--fix` repairs the holes.
 *
 * A hole is an optional package for another platform that the registry did not have when the lock was written: npm leaves
 * it out of the lock, and npm 11 and later then refuse to install. The repair is an entry without an integrity, which
 * hosts of other platforms skip.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export type LockEntry = {
  version?: string
  resolved?: string
  link?: boolean
  integrity?: string
  hasInstallScript?: boolean
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}
export type Lock = { packages: Record<string, LockEntry> }
export type Manifest = { allowScripts?: Record<string, boolean> }

export type LockFault =
  | { kind: 'hole'; parent: string; name: string; range: string }
  /** A download address ties every clone to one registry. */
  | { kind: 'address'; path: string }
  /** Install scripts run code of strangers on every developer's machine: each needs a decision in `allowScripts`. */
  | { kind: 'script'; path: string; name: string }
  /** Bytes nobody can check: neither a link, nor optional for another platform. */
  | { kind: 'unhashed'; path: string }

export function checkLock(lock: Lock, manifest: Manifest): LockFault[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => [
    ...Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => locate(lock, path, name) === undefined)
      .map(([name, range]): LockFault => ({ kind: 'hole', parent: path, name, range })),
    ...faultsOfEntry(path, entry, manifest),
  ])
}

/** The lock with an entry for every hole. A hole whose platform its name does not tell stays one. */
export function fillHoles(lock: Lock, holes: readonly LockFault[]): Lock {
  const packages = { ...lock.packages }
  for (const hole of holes) {
    if (hole.kind !== 'hole') continue
    const platform = platformOf(hole.name)
    if (platform === undefined || !/^\d+\.\d+\.\d+/.test(hole.range)) continue
    const dev = lock.packages[hole.parent]?.dev === true ? { dev: true } : {}
    const { os, ...processor } = platform
    // npm's own order of members, so that its next install leaves the entry alone.
    packages[`node_modules/${hole.name}`] ??= { version: hole.range, ...processor, ...dev, optional: true, os }
  }
  const sorted = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(sorted.map((path) => [path, packages[path] as LockEntry])) }
}

function faultsOfEntry(path: string, entry: LockEntry, manifest: Manifest): LockFault[] {
  const faults: LockFault[] = []
  const installed = path.lastIndexOf('node_modules/')
  const name = path.slice(installed + 'node_modules/'.length)
  if (entry.resolved !== undefined && !entry.link) faults.push({ kind: 'address', path })
  if (entry.hasInstallScript && manifest.allowScripts?.[name] === undefined) faults.push({ kind: 'script', path, name })
  const elsewhere = entry.optional === true && (entry.os ?? entry.cpu) !== undefined
  if (installed !== -1 && entry.integrity === undefined && !entry.link && !elsewhere) {
    faults.push({ kind: 'unhashed', path })
  }
  return faults
}

/** Where Node finds `name` from `path`: its own node_modules first, then that of each folder above. */
function locate(lock: Lock, path: string, name: string): string | undefined {
  const folders = path.split('/')
  for (let depth = folders.length; depth >= 0; depth--) {
    const candidate = [...folders.slice(0, depth), 'node_modules', name].filter(Boolean).join('/')
    if (candidate in lock.packages) return candidate
  }
  return undefined
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined {
  const words = name.split(/[/@_-]/)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  if (os === undefined || cpu === undefined) return undefined
  const libc = words.includes('musl') ? { libc: ['musl'] } : words.includes('gnu') ? { libc: ['glibc'] } : {}
  return { cpu: [cpu], ...libc, os: [os] }
}

function sentence(fault: LockFault): string {
  switch (fault.kind) {
    case 'hole':
      return `${fault.parent || 'the project'} may need ${fault.name}@${fault.range}, which the lock lacks. Fix: npm run check:lock -- --fix`
    case 'address':
      return `${fault.path} has a download address. Fix: npm install --omit-lockfile-registry-resolved`
    case 'script':
      return `${fault.path} has an install script. Fix: decide in package.json, "allowScripts": { "${fault.name}": false }`
    case 'unhashed':
      return `${fault.path} has no integrity. Fix: npm install ${fault.path.replace(/.*node_modules\//, '')}`
  }
}

function main(root: string, fix: boolean): void {
  const path = resolve(root, 'package-lock.json')
  const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as Manifest
  let lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
  if (fix) {
    const holes = checkLock(lock, manifest).filter(({ kind }) => kind === 'hole')
    lock = fillHoles(lock, holes)
    if (holes.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
    for (const hole of holes) console.log(`filled: ${hole.kind === 'hole' ? hole.name : ''}`)
  }
  const faults = checkLock(lock, manifest)
  for (const fault of faults) console.error(`package-lock.json  ${sentence(fault)}`)
  if (faults.length > 0) process.exitCode = 1
  else console.log('lock: complete, free of addresses, every install script decided')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(resolve(dirname(fileURLToPath(import.meta.url)), '..'), process.argv.includes('--fix'))
}
