import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { HomeError } from './errors.ts'

/** Names that become file names: no separators, no dot files, no `..`. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,79}$/

/** Where the state folder is: `--home`, AMBIT_HOME, XDG_DATA_HOME/ambit, ~/.local/share/ambit. */
export function homePath(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const given = flag ?? present(env['AMBIT_HOME'])
  if (given !== undefined) return resolve(given)
  const data = present(env['XDG_DATA_HOME'])
  return join(data === undefined ? join(homedir(), '.local', 'share') : resolve(data), 'ambit')
}

/**
 * The state folder: keys, grants, receipts, stops. The folder is 0700 and files are 0600; every write is whole or absent
 * (temporary file, fsync, rename, fsync of the folder), so that a crash leaves the old file or the new one.
 */
export class Home {
  readonly path: string

  /**
   * Opens it, and makes it when missing.
   *
   * @throws {@link HomeError} `home.unsafe_permissions` when others may write to it: who can write here can plant a
   * grant, a stop or a receipt.
   */
  constructor(path: string) {
    this.path = path
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 })
    } catch (cause) {
      throw unusable(path, cause)
    }
    const stat = statSync(path)
    if (!stat.isDirectory()) throw unusable(path)
    if (process.platform !== 'win32' && (stat.mode & 0o022) !== 0) {
      throw new HomeError('home.unsafe_permissions', 'Others may write to the state folder.', {
        details: { path, mode: (stat.mode & 0o777).toString(8) },
        fix: 'Take the permission away: chmod 700 on this folder.',
      })
    }
  }

  /** Path of a file in a sub-folder; both names are checked. */
  file(folder: string, name: string): string {
    return join(this.folder(folder), fileName(name))
  }

  /** Path of a file at the top. */
  top(name: string): string {
    return join(this.path, fileName(name))
  }

  folder(folder: string): string {
    const path = join(this.path, fileName(folder))
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }

  /** Names in a sub-folder with this ending, without it, sorted. Temporary files are not among them. */
  list(folder: string, ending = '.json'): string[] {
    return readdirSync(this.folder(folder))
      .filter((name) => name.endsWith(ending) && NAME.test(name))
      .map((name) => name.slice(0, -ending.length))
      .sort()
  }

  /** The text of a file, or `undefined` where it does not exist. */
  read(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8')
    } catch (cause) {
      if (isCode(cause, 'ENOENT')) return undefined
      throw unusable(path, cause)
    }
  }

  /** Writes the whole file or nothing, durably. */
  write(path: string, text: string): void {
    const temporary = this.#temporary(path, text)
    renameSync(temporary, path)
    syncFolder(dirname(path))
  }

  /**
   * Writes a file that must not exist yet, durably.
   *
   * @throws {@link HomeError} `home.exists`.
   */
  create(path: string, text: string): void {
    const temporary = this.#temporary(path, text)
    try {
      // A hard link fails where the name is taken; a rename would silently replace a key.
      linkSync(temporary, path)
    } catch (cause) {
      if (!isCode(cause, 'EEXIST')) throw unusable(path, cause)
      throw new HomeError('home.exists', 'This file exists already.', {
        details: { path },
        fix: 'Choose another name, or move the file away first.',
      })
    } finally {
      unlinkSync(temporary)
    }
    syncFolder(dirname(path))
  }

  /** Removes a file; true when there was one. */
  remove(path: string): boolean {
    try {
      unlinkSync(path)
    } catch (cause) {
      if (isCode(cause, 'ENOENT')) return false
      throw unusable(path, cause)
    }
    syncFolder(dirname(path))
    return true
  }

  /** Mode bits of a path, or `undefined` where it does not exist. */
  mode(path: string): number | undefined {
    try {
      return statSync(path).mode & 0o777
    } catch {
      return undefined
    }
  }

  #temporary(path: string, text: string): string {
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
    try {
      const file = openSync(temporary, 'wx', 0o600)
      try {
        writeSync(file, text)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      // The umask can only take bits away, but an inherited ACL mask may add some.
      chmodSync(temporary, 0o600)
    } catch (cause) {
      throw unusable(path, cause)
    }
    return temporary
  }
}

/**
 * A name as it may be used for a file.
 *
 * @throws {@link HomeError} `home.bad_name`: `../issuer` as an account name would write outside its folder.
 */
export function fileName(name: string): string {
  if (NAME.test(name)) return name
  throw new HomeError('home.bad_name', 'This name cannot be used for a file.', {
    details: { name },
    fix: 'Use letters, digits, "-", "_" and single dots; 80 characters at most.',
  })
}

export function isCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown } | undefined)?.code === code
}

function syncFolder(path: string): void {
  // Windows cannot fsync a folder; there the rename is what there is.
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function unusable(path: string, cause?: unknown): HomeError {
  const reason = (cause as { code?: unknown } | undefined)?.code
  return new HomeError('home.unusable', 'The state folder cannot be used.', {
    details: { path, ...(typeof reason === 'string' ? { reason } : {}) },
    fix: 'Give a folder that you may write to with --home or AMBIT_HOME.',
    cause,
  })
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
