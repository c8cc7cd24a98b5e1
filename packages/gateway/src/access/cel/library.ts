import { createRequire } from 'node:module'
import type * as Cel from '@marcbachmann/cel-js'

type Library = typeof Cel

let library: Library | undefined

/**
 * The CEL library, loaded where the first condition is compiled. By `require`, which Node answers at once
 * for ES modules as well: stages are compiled synchronously.
 */
export function celLibrary(): Library {
  library ??= createRequire(import.meta.url)('@marcbachmann/cel-js') as Library
  return library
}
