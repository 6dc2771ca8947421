import { storeContract } from '../contract.ts'
import { openMemoryStore } from './store.ts'

storeContract('memory', async dependencies => {
  const store = openMemoryStore({ ...dependencies, clock: () => 0 })
  return { store, close: () => store.close() }
})
