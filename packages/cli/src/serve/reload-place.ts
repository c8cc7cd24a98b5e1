import path from 'node:path'

/** Where a role says which process it is, and how its last reload ended. Absolute paths. */
export type ReloadPlace = { readonly pidFile: string; readonly resultFile: string }

/** @param folder where the role keeps its state; others of its machine cannot write there */
export function reloadPlaceIn(folder: string, name: string): ReloadPlace {
  return {
    pidFile: path.join(folder, `${name}.pid`),
    resultFile: path.join(folder, `${name}.reload.json`),
  }
}
