/** A PostgreSQL of a test's own, as the tests of the authority have it. */
export type Cluster = {
  readonly directory: string
  readonly port: number
  start(): Promise<void>
  /** `SIGINT`: as a restart does; `SIGKILL`: as a machine that dies. */
  stop(signal: 'SIGINT' | 'SIGKILL'): Promise<void>
  /** Runs statements as superuser. */
  run(statements: string): Promise<void>
  close(): Promise<void>
}

type Fixture = {
  startCluster(): Promise<Cluster>
  postgresIsMissing(): string | false
}

type TlsFixture = {
  /** Has it take TLS alone, and passwords; its certificate, PEM, for the name `localhost`. */
  requireTls(cluster: Cluster): Promise<string>
}

const fixtureOf = async <T>(name: string): Promise<T> => {
  const path = `../../../../authority/dist/test/fixture/${name}.js`
  return (await import(new URL(path, import.meta.url).href)) as T
}

export const { startCluster, postgresIsMissing } = await fixtureOf<Fixture>('postgres-cluster')
export const { requireTls } = await fixtureOf<TlsFixture>('postgres-tls')
