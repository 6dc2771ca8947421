export { type ClickHouseCluster, startCluster } from './cluster.ts'
export { type ClickHouse, type ClickHouseOptions, startClickHouse } from './server.ts'
