// Certificates for TLS tests: an authority of its own and a server certificate for 127.0.0.1 and localhost, made with openssl.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  /** PEM of the authority. */
  readonly ca: string
  remove(): void
}

export function makeCertificates(): Certificates {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-tls-'))
  const at = (name: string): string => join(dir, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(at('names.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority')
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names.cnf']
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem')
  return {
    certFile: at('server.pem'),
    keyFile: at('server.key'),
    caFile: at('ca.pem'),
    ca: readFileSync(at('ca.pem'), 'utf8'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
