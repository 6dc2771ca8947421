import { describe, expect, it } from 'vitest'
import { StartError } from '../problem.ts'
import { originsOf } from './cors.ts'

describe('web origins of the options', () => {
  it('are as browsers name them, however they were written', () => {
    const written = [
      '*',
      'https://Shop.Example/',
      'https://a.example:443',
      'http://a.example:8080',
      'capacitor://localhost',
    ]
    expect(originsOf('origins', written)).toEqual([
      '*',
      'https://shop.example',
      'https://a.example',
      'http://a.example:8080',
      'capacitor://localhost',
    ])
  })

  it.each([
    'shop.example',
    'https://',
    'not a url',
    'https://a.example/path',
    'https://a.example/?q',
    'https://u@a.example',
  ])('%s is refused: no page has it', written => {
    const refused = () => originsOf('trackOrigins', ['https://a.example', written])
    expect(refused).toThrow(StartError)
    expect(refused).toThrow(`The option trackOrigins holds "${written}", which is no web origin. Write for example`)
  })
})
