import { randomBytes } from 'node:crypto'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

type Row = Record<string, SQLInputValue>

/**
 * Has a store that nobody has open hold so many revoked devices of an app, each with a certificate: copies
 * of one that was revoked, under other names.
 *
 * @throws Error the store has no revoked device of the app
 */
export function seedRevoked(databaseFile: string, appId: string, count: number): void {
  const database = new DatabaseSync(databaseFile)
  try {
    const one = (sql: string, ...values: SQLInputValue[]) =>
      database.prepare(sql).get(...values) as Row | undefined
    const device = one(`SELECT * FROM devices WHERE app_id = ? AND status = 'revoked'`, appId)
    const certificate = one(
      'SELECT * FROM certificates WHERE device_id = ?',
      device?.['id'] ?? null,
    )
    if (device === undefined || certificate === undefined)
      throw new Error(`no revoked device of ${appId}`)
    const published = one(
      'SELECT * FROM revocations WHERE serial = ?',
      certificate['serial'] ?? null,
    )
    const have = one(
      `SELECT count(*) AS n FROM devices WHERE app_id = ? AND status = 'revoked'`,
      appId,
    )
    const insert = inserter(database)
    database.exec('BEGIN')
    for (let left = count - Number(have?.['n'] ?? 0); left > 0; left--) {
      const id = `dev_${randomBytes(16).toString('hex').slice(0, 26)}`
      const serial = `7${randomBytes(15).toString('hex')}`
      const thumbprint = randomBytes(32).toString('base64url')
      const spki_sha256 = randomBytes(32).toString('base64url')
      insert('devices', { ...device, id })
      insert('certificates', { ...certificate, thumbprint, serial, spki_sha256, device_id: id })
      if (published !== undefined) insert('revocations', { ...published, serial })
    }
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

function inserter(database: DatabaseSync): (table: string, row: Row) => void {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  return (table, row) => {
    const columns = Object.keys(row)
    const known = statements.get(table)
    const holes = columns.map(() => '?').join(', ')
    const statement =
      known ?? database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${holes})`)
    statements.set(table, statement)
    statement.run(...Object.values(row))
  }
}
