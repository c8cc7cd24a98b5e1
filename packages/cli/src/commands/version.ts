import type { Operation } from '../command.ts'
import { packageVersion } from '../package-version.ts'

export const version: Operation = async (_input, output) => {
  const versions = {
    sallyport: packageVersion(),
    node: process.versions.node,
    openssl: process.versions.openssl,
  }
  output.result(versions, () =>
    Object.entries(versions)
      .map(([name, value]) => `${name.padEnd(10)}${value}`)
      .join('\n'),
  )
  return 0
}
