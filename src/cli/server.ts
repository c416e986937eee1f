// `regroup server`: puts the parts together and runs until it is told to stop.
import { fileURLToPath } from 'node:url'
import { createAlarm } from '../adapters/alarm.ts'
import { openCertificate } from '../adapters/certificate.ts'
import { systemClock as clock } from '../adapters/clock.ts'
import { systemDice } from '../adapters/dice.ts'
import { ownHosts } from '../adapters/hosts.ts'
import type { TlsOptions } from '../adapters/connection.ts'
import { createLog } from '../adapters/log.ts'
import { roomOfProcess } from '../adapters/room.ts'
import { openEmbeddedStore } from '../adapters/store/embedded.ts'
import { startVitals } from '../adapters/vitals.ts'
import { type GroupAccess, createWorld } from '../adapters/world.ts'
import { Controller } from '../controller/controller.ts'
import type { GroupSpec } from '../core/model.ts'
import { engineOf } from '../engines/all.ts'
import { UserError } from '../errors.ts'
import { startSentinel } from '../sentinel/server.ts'
import type { CredentialDesk } from '../server/credentialRoutes.ts'
import { type CertificateSource, type HttpLog, startHttp } from '../server/http.ts'
import { addressIn, loopbackIn } from '../server/listen.ts'
import { CredentialBook } from './credentialBook.ts'
import { credentialDesk } from './credentialDesk.ts'
import { type Settings, loadSettings, loadToStart } from './settings.ts'
import { removeAdminToken, writeAdminToken } from './adminToken.ts'
import { version } from './version.ts'

/** What script/web.ts builds; beside the sources and beside the published files alike. */
const page = fileURLToPath(new URL('../../dist/web', import.meta.url))

export interface ServerOptions {
  readonly config?: string
  readonly listen?: string
  readonly store?: string
}

export async function runServer(options: ServerOptions): Promise<void> {
  const { settings, file, warnings } = loadToStart(options.config)
  const log = createLog(settings.log.level)
  for (const warning of warnings) log.warn('settings.warning', { warning })
  const listen = options.listen ?? settings.listen.http
  // Refused before anything is opened or begun.
  addressIn(listen)
  const sentinelAddress = settings.listen.sentinel === null ? null : loopbackIn(settings.listen.sentinel)
  const certificate = certificateOf(settings, log)
  const dir = options.store ?? settings.store.path
  const store = await openEmbeddedStore({ dir })
  const tell = (event: string, facts: Readonly<Record<string, unknown>>): void => log.info(event, facts)
  const self = systemDice.id().slice(0, 8)
  const book = new CredentialBook(settings, () => loadSettings(options.config))
  let controller: Controller | null = null
  const world = createWorld({
    store,
    clock,
    connectionName: () => `regroup:${controller?.installation.slice(0, 8) ?? ''}:${self}`,
    trouble: (event, facts) => log.error(event, facts),
    room: roomOfProcess(),
    access: (group) => accessOf(settings, book, controller, group),
    log: tell,
  })
  controller = await Controller.open({
    store,
    world,
    clock,
    dice: systemDice,
    alarm: createAlarm(clock),
    defaults: settings.defaults,
    credentials: book,
    doctor: { everyMs: settings.doctor.everyMs, ignore: new Set(settings.doctor.ignore), controllerHosts: ownHosts() },
    log: tell,
  })
  const desk = credentialDesk({ book, facade: controller, tls: (spec) => tlsOf(settings, spec), log: tell })
  const stopReloading = reloadOnHangup(desk, log)
  const vitals = startVitals()
  const adminSecret = writeAdminToken(dir)
  try {
    const http = await startHttp({
      facade: controller,
      store,
      adminSecret,
      listen,
      log,
      wall: () => clock.wall(),
      now: () => clock.now(),
      every,
      version,
      vitals,
      certificate,
      plainHttp: settings.listen.plainHttp,
      page,
      credentials: desk,
    })
    const sentinel = sentinelAddress === null ? null : await startSentinel({ facade: controller, listen: sentinelAddress, log })
    controller.begin()
    log.info('server.started', { version, http: http.address, sentinel: sentinel?.address ?? null, store: dir, settings: file })
    await stopped()
    log.info('server.stopping', {})
    await sentinel?.close()
    await http.close()
  } finally {
    stopReloading()
    vitals.stop()
    removeAdminToken(dir)
    controller.close()
    await store.close()
  }
}

function certificateOf({ listen: { certificate } }: Settings, log: HttpLog): CertificateSource | null {
  return certificate === null ? null : openCertificate(certificate, every, (problem) => log.error('http.certificateRefused', { problem }))
}

function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

/** How a group's nodes are spoken to, by its spec and the settings of this process. */
function accessOf(settings: Settings, book: CredentialBook, controller: Controller | null, group: string): GroupAccess {
  const spec = controller?.specOf(group)
  const engine = engineOf(spec?.engine ?? 'redis')
  return { engine, credentials: spec?.credential ? book.of(spec.credential) : [], tls: spec ? tlsOf(settings, spec) : null }
}

function tlsOf(settings: Settings, spec: GroupSpec): TlsOptions | null {
  if (!spec.tls) return null
  const { ca, cert, key, verify } = settings.tls
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    rejectUnauthorized: verify,
  }
}

/** SIGHUP reads the credentials again; what is wrong with them is logged, and the old ones stay. Gives how to stop. */
function reloadOnHangup(desk: CredentialDesk, log: HttpLog): () => void {
  const hangup = (): void => {
    try {
      desk.reload(false)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      log.error('credentials.notReloaded', { code: error.code, message: error.message, details: error.details })
    }
  }
  process.on('SIGHUP', hangup)
  return () => process.off('SIGHUP', hangup)
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}
