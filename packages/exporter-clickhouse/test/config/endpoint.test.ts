import { describe, expect, test } from 'vitest'
import { errorOf, only } from './config-kit.js'

describe('endpoint', () => {
  test.each([
    ['http://localhost:8123', 'http:', 'localhost:8123', '/'],
    ['http://localhost:8123/', 'http:', 'localhost:8123', '/'],
    ['https://ch.example', 'https:', 'ch.example', '/'],
    ['https://ch.example/click/house', 'https:', 'ch.example', '/click/house'],
    ['https://ch.example/click/house//', 'https:', 'ch.example', '/click/house'],
    ['http://[::1]:8123', 'http:', '[::1]:8123', '/'],
    ['HTTP://LocalHost:8123', 'http:', 'localhost:8123', '/'],
    ['http://user:pass@ch.example:1/p/', 'http:', 'ch.example:1', '/p'],
  ])('%s', (text, protocol, host, path) => {
    const { endpoint } = only({ endpoint: text })
    expect([endpoint.protocol, endpoint.host, endpoint.pathname]).toEqual([protocol, host, path])
    expect(endpoint.username + endpoint.password).toBe('')
  })

  test.each([
    ['', 'URL'],
    ['garbage', 'URL'],
    ['//ch.example', 'URL'],
    ['http://', 'URL'],
    ['http://host:99999', 'URL'],
    ['localhost:8123', 'http:// or https://'],
    ['ftp://host', 'http:// or https://'],
    ['tcp://host:9000', 'http:// or https://'],
    ['clickhouse:host', 'http:// or https://'],
    ['clickhouse://host:9000', '8123'],
    ['clickhouse://', 'host'],
    ['clickhouse://host/db/more', 'database'],
    ['clickhouse://host?secure=yes', 'secure'],
    ['file:///etc/passwd', 'http:// or https://'],
    ['http://host/#part', 'fragment'],
    ['http://%ff@host', 'percent-encoded'],
    ['http://user:%zz@host', 'percent-encoded'],
  ])('%j is refused', (endpoint, rule) => {
    const { problems } = errorOf({ endpoint })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^endpoint/)
    expect(problems[0]).toContain(rule)
  })

  test('user and password in it are moved out, decoded', () => {
    const { endpoint, username, password } = only({ endpoint: 'http://b%40b:p%3A%2F%C3%A9@host:1' })
    expect([username, password]).toEqual(['b@b', 'p:/é'])
    expect(endpoint.href).toBe('http://host:1/')
  })

  test('`username` and `password` beside it come first', () => {
    const { username, password } = only({
      endpoint: 'http://inside:inside@host',
      username: 'beside',
      password: 'beside too',
    })
    expect([username, password]).toEqual(['beside', 'beside too'])
  })

  test('a user name with a colon in it is refused there too: Basic authentication cannot carry it', () => {
    expect(errorOf({ endpoint: 'http://a%3Ab:secret-canary@host' }).message).toContain('colon')
  })

  test('credentials in an endpoint of the code override those of the environment', () => {
    const { username, password } = only(
      { endpoint: 'http://code:code-password@host' },
      {
        OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'env',
        OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'env-password',
      },
    )
    expect([username, password]).toEqual(['code', 'code-password'])
  })
})
