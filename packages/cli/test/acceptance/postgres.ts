/** A PostgreSQL of a test's own, as the tests of the authority have it. */
export type Cluster = {
  readonly directory: string
  readonly port: number
  start(): Promise<void>
  /** `SIGINT`: as a restart does; `SIGKILL`: as a machine that dies. */
  stop(signal: 'SIGINT' | 'SIGKILL'): Promise<void>
  close(): Promise<void>
}

type Fixture = {
  startCluster(): Promise<Cluster>
  postgresIsMissing(): string | false
}

const path = '../../../../authority/dist/test/fixture/postgres-cluster.js'
const fixture = (await import(new URL(path, import.meta.url).href)) as Fixture

export const { startCluster, postgresIsMissing } = fixture
