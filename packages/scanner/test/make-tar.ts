export type MadeFile = {
  readonly name: string
  readonly bytes?: string | Buffer
  /** `0` a file, `2` a link. */
  readonly type?: string
}

/** A tar archive as GNU tar writes it. */
export function makeTar(files: readonly MadeFile[]): Buffer {
  const parts = files.flatMap(({ name, bytes = '', type = '0' }) => {
    const longName = name.length > 100 ? [...member('././@LongLink', `${name}\0`, 'L')] : []
    return [...longName, ...member(name.slice(0, 100), bytes, type)]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

function member(name: string, content: string | Buffer, type: string): [Buffer, Buffer] {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write('ustar  \0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padded = Buffer.alloc(Math.ceil(bytes.length / 512) * 512)
  bytes.copy(padded)
  return [header, padded]
}
