// Who holds the lock of a file. SQLite's lock is the kernel's and goes with its process, so it cannot be stale as a pid file can.
import { readFileSync, statSync } from 'node:fs'

/** The process that has locked this file, from the text of Linux' /proc/locks; null when the text does not say. Source: proc(5). */
export function holderIn(locks: string, file: { readonly dev: number; readonly ino: number }): number | null {
  const device = `${hex(major(file.dev))}:${hex(minor(file.dev))}:${file.ino}`
  for (const line of locks.split('\n')) {
    // "1: POSIX  ADVISORY  WRITE 5239 fe:00:2147025 1073741824 1073742335"; a waiter has "->" after its number.
    const [, family, , , pid, inode] = line.trim().split(/\s+/)
    if (family === 'POSIX' && inode === device && Number(pid) > 0) return Number(pid)
  }
  return null
}

/** The pid of the process that has locked `path`, null when it cannot be known: another system, another pid namespace. */
export function lockHolder(path: string): number | null {
  try {
    return holderIn(readFileSync('/proc/locks', 'utf8'), statSync(path))
  } catch {
    return null
  }
}

function major(dev: number): number {
  return Number((BigInt(dev) >> 8n) & 0xfffn)
}

function minor(dev: number): number {
  return Number((BigInt(dev) & 0xffn) | ((BigInt(dev) >> 12n) & 0xfff00n))
}

function hex(part: number): string {
  return part.toString(16).padStart(2, '0')
}
