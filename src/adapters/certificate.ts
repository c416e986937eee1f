// The certificate of our own server: two PEM files that somebody renews while we run.
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** PEM text of both. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A renewed certificate is used this soon. Looking is two calls to the system. */
export const lookEveryMs = 5000

/**
 * Reads both files. Throws BAD_SETTINGS when they are no pair. Later a pair that is none (one file is written before the other, or a mistake)
 * changes nothing and is told to `refused`, once; it is looked at again when it changes.
 */
export function openCertificate(
  files: CertificateFiles,
  every: (ms: number, run: () => void) => () => void,
  refused: (message: string) => void,
): { readonly current: Certificate; readonly watch: (changed: (next: Certificate) => void) => () => void } {
  let seen = stampOf(files)
  const current = read(files)
  return {
    current,
    watch(changed) {
      return every(lookEveryMs, () => {
        const stamp = stampOf(files)
        if (stamp === seen) return
        seen = stamp
        try {
          changed(read(files))
        } catch (error) {
          refused(error instanceof Error ? error.message : String(error))
        }
      })
    },
  }
}

function read(files: CertificateFiles): Certificate {
  const refused = (why: string): UserError => new UserError('BAD_SETTINGS', `${files.cert} and ${files.key} cannot be used: ${why}`)
  let pair: Certificate
  try {
    pair = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error))
  }
  const problem = pairProblem(pair)
  if (problem !== null) throw refused(problem)
  return pair
}

/** Why these cannot serve together; null when they can. */
export function pairProblem({ cert, key }: Certificate): string | null {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return null
  } catch (error) {
    return `no certificate and key that can be read: ${error instanceof Error ? error.message : String(error)}`
  }
  return 'the key does not belong to the certificate'
}

/** Changes whenever one of the files does. */
function stampOf({ cert, key }: CertificateFiles): string {
  const one = (file: string): string => {
    const found = statSync(file, { throwIfNoEntry: false })
    return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeMs}`
  }
  return `${one(cert)} ${one(key)}`
}
