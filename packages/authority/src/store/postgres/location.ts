/** Where a database of PostgreSQL is, and who asks. */
export type PostgresLocation = {
  /** A name or an address; or the directory of a unix socket, which begins with `/`. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** The schema that holds the tables and nothing else. Made with the first tables. */
  readonly schema: string
  /** Connections that read. One more writes, and one listens. */
  readonly maxConnections: number
  /** Asked at each connection, so that it can be changed while the authority runs. */
  readonly password: () => Promise<string>
  /** PEM. Without it the connection is not encrypted. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string }
}
