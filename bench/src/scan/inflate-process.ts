// What nobody who looks into a package can do without: every entry inflated once, and thrown away.
import { ZipFile } from './zip-file.ts'

const archive = new ZipFile(process.argv[2] ?? '')
let bytes = 0
for (const entry of archive.entries) bytes += archive.inflated(entry).length
archive.close()
process.stdout.write(`${bytes}\n`)
