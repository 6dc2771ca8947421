export { EngineConnection } from './connection.ts'
export { Engine, type EngineEvent, type EngineOptions } from './engine.ts'
export type { Lane, Statement, StatementResult } from './protocol.ts'
