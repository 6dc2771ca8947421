export * from './picture.ts'
export * from './play.ts'
export * from './world.ts'
