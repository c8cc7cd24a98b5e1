import { type DexFile, stringAt, typeAt } from './dex-file.ts'

export type MethodReference = {
  /** Both of the next: `Ljava/security/KeyStore;->load`. */
  readonly by: string
  /** Descriptor of the class: `Ljava/security/KeyStore;`. */
  readonly owner: string
  readonly name: string
  /** `(Ljava/io/InputStream;[C)V` */
  readonly signature: string
}

export type FieldReference = { readonly owner: string; readonly name: string }

/** Names of what code refers to, each made once. Indexes beyond a table give empty names. */
export class References {
  private readonly dex: DexFile
  private readonly types = new Map<number, string>()
  private readonly methods = new Map<number, MethodReference>()

  constructor(dex: DexFile) {
    this.dex = dex
  }

  type(index: number): string {
    let name = this.types.get(index)
    if (name === undefined) this.types.set(index, (name = typeAt(this.dex, index)))
    return name
  }

  method(index: number): MethodReference {
    let method = this.methods.get(index)
    if (method === undefined) {
      method = this.readMethod(index)
      this.methods.set(index, method)
    }
    return method
  }

  field(index: number): FieldReference {
    if (index >= this.dex.fields.count) return { owner: '', name: '' }
    const at = this.dex.fields.offset + index * 8
    return {
      owner: this.type(this.dex.view.getUint16(at, true)),
      name: stringAt(this.dex, this.dex.view.getUint32(at + 4, true)),
    }
  }

  /** `Lcom/bank/Tls;->verify(Ljava/lang/String;)Z` */
  methodName(index: number): string {
    const { by, signature } = this.method(index)
    return `${by}${signature}`
  }

  private readMethod(index: number): MethodReference {
    if (index >= this.dex.methods.count) return { by: '', owner: '', name: '', signature: '' }
    const at = this.dex.methods.offset + index * 8
    const { view } = this.dex
    const owner = this.type(view.getUint16(at, true))
    const name = stringAt(this.dex, view.getUint32(at + 4, true))
    const signature = this.signature(view.getUint16(at + 2, true))
    return { by: `${owner}->${name}`, owner, name, signature }
  }

  private signature(index: number): string {
    const { prototypes, view, base, bytes } = this.dex
    if (index >= prototypes.count) return ''
    const at = prototypes.offset + index * 12
    const returns = this.type(view.getUint32(at + 4, true))
    const list = view.getUint32(at + 8, true)
    let parameters = ''
    if (list !== 0 && base + list + 4 <= bytes.length) {
      // A method has at most 255 parameters.
      const count = Math.min(255, view.getUint32(base + list, true))
      for (let each = 0; each < count; each++) {
        const entry = base + list + 4 + each * 2
        if (entry + 2 <= bytes.length) parameters += this.type(view.getUint16(entry, true))
      }
    }
    return `(${parameters})${returns}`
  }
}
