import type { StoreLocation } from '@sallyport/authority'

/** Where authorities of tests have their stores, as the tests of the authority choose it: SQLite, or PostgreSQL. */
type StorePlace = {
  storeIn(directory: string): StoreLocation
  storeConfig(directory: string): object
  layTables(location: StoreLocation): Promise<void>
}

const path = '../../../authority/dist/test/fixture/store-place.js'
const place = (await import(new URL(path, import.meta.url).href)) as StorePlace

export const { storeIn, storeConfig, layTables } = place
