import { X509Certificate } from 'node:crypto'
import { AcmeKeeper } from '../acme/acme-keeper.ts'
import type { AcmePlan } from '../acme/acme-plan.ts'
import { type Http01Listener, startHttp01Listener } from '../acme/http01-listener.ts'
import type { Credentials, KeyPairPem } from '../certificates/credentials.ts'
import type { HostPlan } from '../configuration/plan.ts'
import type { Log } from '../log/log.ts'
import { StapleKeeper } from '../ocsp/staple-keeper.ts'
import type { Address } from '../worker/messages.ts'

export type ServerCertificatesOptions = {
  readonly stateDirectory: string
  readonly log: Log
  /** Hands credentials to every worker; resolves when all have taken them. */
  readonly share: (credentials: Credentials) => Promise<void>
}

/** A host's certificate, for whoever watches when it ends. */
export type CertificateFacts = {
  readonly host: string
  readonly source: 'file' | 'acme'
  /** Milliseconds; undefined where there is none yet. */
  readonly notAfter: number | undefined
  /** Until when its OCSP response counts, in milliseconds; undefined where none is stapled. */
  readonly stapleUntil: number | undefined
}

/** What hosts show to clients: from files, or by ACME, with the answers to its challenges. */
export class ServerCertificates {
  readonly #options: ServerCertificatesOptions
  readonly #acme: AcmeKeeper
  readonly #stapler: StapleKeeper
  readonly #tokens = new Map<string, string>()
  readonly #challenges = new Map<string, KeyPairPem>()
  readonly #listeners = new Map<string, Http01Listener>()
  #hosts: readonly HostPlan[] = []
  /** Of the configuration before, until the next one is in force. */
  #leaving: Readonly<Record<string, KeyPairPem>> = {}

  constructor(options: ServerCertificatesOptions) {
    this.#options = options
    const share = () => options.share(this.credentials)
    this.#stapler = new StapleKeeper({ log: options.log, onChange: () => void share() })
    this.#acme = new AcmeKeeper({
      stateDirectory: options.stateDirectory,
      log: options.log,
      onIssued: async () => {
        await share()
        this.#watchStaples()
      },
      answers: {
        http01: async (token, keyAuthorization) => {
          this.#tokens.set(token, keyAuthorization)
          return () => this.#tokens.delete(token)
        },
        tlsAlpn01: async (host, pair) => {
          this.#challenges.set(host, pair)
          await share()
          return () => {
            this.#challenges.delete(host)
            void share()
          }
        },
      },
    })
  }

  get credentials(): Credentials {
    return {
      issued: { ...this.#leaving, ...this.#acme.issued },
      staples: this.#stapler.staples,
      challenges: Object.fromEntries(this.#challenges),
    }
  }

  /** Certificates that were issued, and attempts that failed, since the start. */
  get attempts(): Readonly<Record<string, number>> {
    return this.#acme.attempts
  }

  /** Where http-01 is answered. */
  get http01Addresses(): Address[] {
    return [...this.#listeners.values()].map(({ address }) => address)
  }

  /**
   * Takes up what is on disk for a configuration, before workers build it.
   *
   * @throws Problem `port_in_use`
   */
  async prepare(hosts: readonly HostPlan[], plans: readonly AcmePlan[]): Promise<void> {
    await this.#listen(plans)
    this.#leaving = this.#acme.issued
    await this.#acme.prepare(plans)
    this.#hosts = hosts
    await this.#options.share(this.credentials)
  }

  /** The configuration is in force: workers are there, and challenges can be answered. */
  async start(): Promise<void> {
    this.#leaving = {}
    await this.#options.share(this.credentials)
    this.#acme.start()
    this.#watchStaples()
  }

  /** What a host shows now; undefined where it has nothing yet. */
  #shownBy({ name, pair }: HostPlan): KeyPairPem | undefined {
    const { issued } = this.#acme
    return pair ?? (Object.hasOwn(issued, name) ? issued[name] : undefined)
  }

  #watchStaples(): void {
    this.#stapler.watch(
      this.#hosts.flatMap((host) => {
        const shown = this.#shownBy(host)
        if (shown === undefined) return []
        return [{ host: host.name, stapling: host.stapling, certificate: shown.certificate }]
      }),
    )
  }

  facts(): CertificateFacts[] {
    return this.#hosts.map((host) => {
      const shown = this.#shownBy(host)
      return {
        host: host.name,
        source: host.pair === undefined ? 'acme' : 'file',
        stapleUntil: shown === undefined ? undefined : this.#stapler.endOf(shown.certificate),
        notAfter:
          shown === undefined
            ? undefined
            : new X509Certificate(shown.certificate).validToDate.getTime(),
      }
    })
  }

  async close(): Promise<void> {
    await this.#acme.close()
    this.#stapler.close()
    for (const listener of this.#listeners.values()) await listener.close()
    this.#listeners.clear()
  }

  async #listen(plans: readonly AcmePlan[]): Promise<void> {
    const wanted = new Map(
      plans.flatMap(({ http01Listen }) =>
        http01Listen === undefined
          ? []
          : [[`${http01Listen.host} ${http01Listen.port}`, http01Listen]],
      ),
    )
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue
      this.#listeners.delete(key)
      await listener.close()
    }
    for (const [key, address] of wanted) {
      if (this.#listeners.has(key)) continue
      const listener = await startHttp01Listener(address, {
        find: (token) => this.#tokens.get(token),
        isHost: (name) => this.#hosts.some((host) => host.name === name),
      })
      this.#listeners.set(key, listener)
    }
  }
}
