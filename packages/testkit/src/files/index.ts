export { filesIn, filesWith } from './search.ts'
