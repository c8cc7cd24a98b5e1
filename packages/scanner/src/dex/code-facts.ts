import type { Location } from '../finding.ts'
import type { CodeShapeName } from './code-shapes.ts'

/** A piece of code that does what it should not. The judge knows what is the app's own, and what anything uses. */
export type CodeShape = {
  readonly shape: CodeShapeName
  /** Descriptor of the class: `Lcom/bank/Tls$1;`. */
  readonly owner: string
  /** `Lcom/bank/Tls$1;->verify(…)Z` */
  readonly method: string
  /** The protocol, file, key, class or field that it is about; empty where the method is all. */
  readonly subject: string
  readonly location: Location
}

/** Of one DEX: where classes are made, or taken from static fields, by others than themselves. */
export type TypeUses = {
  /** Descriptor → the first and the last of the methods. */
  readonly by: ReadonlyMap<string, readonly string[]>
}

/** A method that gives keys to a TLS context. */
export type KeyManagerUse = {
  /** `Lcom/bank/Tls;->listen(…)V` */
  readonly method: string
  /** `server`: it takes sockets that listen from the context, and no others. `any`: all that is not certain. */
  readonly role: 'server' | 'any'
  readonly location: Location
}

/** A method that opens a keystore or makes key managers: evidence for what is done with what it names. */
export type KeystoreUse = {
  /** `Lcom/bank/Tls;->open(…)V` */
  readonly method: string
  /** Constants of the method: names of assets, types of keystores, aliases, passwords. */
  readonly strings: readonly string[]
  /** Numbers that are ids of resources: `0x7f0f0001`. */
  readonly resourceIds: readonly number[]
  /** Resources that it takes from fields of `R`: `raw/client`. */
  readonly resourceNames: readonly string[]
  readonly location: Location
}
