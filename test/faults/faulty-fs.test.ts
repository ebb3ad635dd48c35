import { constants } from 'node:fs'
import * as realFs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { DiskFaults, type ExporterFs, FaultyFs } from './faulty-fs.js'
import { MemoryDisk } from './memory-disk.js'
import { randomOf, SEED } from './seed.js'

const random = randomOf(SEED)

async function writeFile(fs: ExporterFs, path: string, text: string, sync = false): Promise<void> {
  const file = await fs.open(path, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; )
      at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
    if (sync) await file.datasync()
  } finally {
    await file.close()
  }
}

async function readFile(fs: ExporterFs, path: string): Promise<string> {
  const file = await fs.open(path, constants.O_RDONLY)
  try {
    const { size } = await file.stat()
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size + 10), 0, size + 10, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function syncFolder(fs: ExporterFs, path: string): Promise<void> {
  const folder = await fs.open(path, 'r')
  await folder.sync()
  await folder.close()
}

async function namesIn(fs: ExporterFs, path: string): Promise<string[]> {
  const names: string[] = []
  const folder = await fs.opendir(path)
  for (let entry = await folder.read(); entry; entry = await folder.read())
    names.push(`${entry.name}${entry.isDirectory() ? '/' : ''}`)
  await folder.close()
  return names.sort()
}

describe('the disk in memory behaves as the real one:', () => {
  type Operation = (fs: ExporterFs, at: string) => Promise<unknown>
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
  const two = fc.tuple(path, path)
  const labelled = <T>(what: string, of: fc.Arbitrary<T>, does: (value: T) => Operation) =>
    of.map((value) => {
      const label = `${what} ${String(value)}`
      return { label, run: does(value), [fc.toStringMethod]: () => label }
    })
  const operation = fc.oneof(
    labelled('mkdir', path, (p) => (fs, at) => fs.mkdir(join(at, p))),
    labelled('mkdir -p', path, (p) => async (fs, at) => {
      return (await fs.mkdir(join(at, p), { recursive: true }))?.slice(at.length)
    }),
    labelled('write', path, (p) => (fs, at) => writeFile(fs, join(at, p), `this is ${p}`)),
    labelled('append', path, (p) => (fs, at) => fs.appendFile(join(at, p), `${p},`)),
    labelled('empty', path, (p) => async (fs, at) => {
      const { O_WRONLY, O_CREAT, O_TRUNC } = constants
      await (await fs.open(join(at, p), O_WRONLY | O_CREAT | O_TRUNC, 0o600)).close()
    }),
    labelled('read', path, (p) => (fs, at) => readFile(fs, join(at, p))),
    labelled('stat', path, (p) => async (fs, at) => {
      const stat = await fs.lstat(join(at, p))
      return [stat.isFile(), stat.isDirectory(), stat.isFile() && stat.size]
    }),
    labelled('list', path, (p) => (fs, at) => namesIn(fs, join(at, p))),
    labelled(
      'rename',
      two,
      ([p, q]) =>
        (fs, at) =>
          fs.rename(join(at, p), join(at, q)),
    ),
    labelled(
      'link',
      two,
      ([p, q]) =>
        (fs, at) =>
          fs.link(join(at, p), join(at, q)),
    ),
    labelled('unlink', path, (p) => (fs, at) => fs.unlink(join(at, p))),
    labelled('rmdir', path, (p) => (fs, at) => fs.rmdir(join(at, p))),
  )
  const come = (work: Promise<unknown>) =>
    work.then(
      (value) => ({ value }),
      (error: NodeJS.ErrnoException) => ({ code: error.code }),
    )

  test('the same results, and the same errors', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30 }), async (operations) => {
        const directory = await realFs.mkdtemp(join(tmpdir(), 'spanhouse-faults-'))
        const { fs } = new FaultyFs(new MemoryDisk())
        await fs.mkdir('/t')
        try {
          for (const { label, run } of operations)
            expect([label, await come(run(fs, '/t'))]).toEqual([
              label,
              await come(run(realFs, directory)),
            ])
        } finally {
          await realFs.rm(directory, { recursive: true })
        }
      }),
      { seed: SEED, numRuns: LONG ? 5000 : 200 },
    )
  })
})

describe('when the power is lost', () => {
  async function diskWith(work: (fs: ExporterFs) => Promise<void>) {
    const disk = new MemoryDisk()
    const { fs } = new FaultyFs(disk)
    await fs.mkdir('/d')
    await syncFolder(fs, '/')
    await work(fs)
    return { disk, fs }
  }

  test('bytes and a name that were both synced are there, whatever else is lost', async () => {
    for (const remains of ['none', 'prefix', 'some'] as const) {
      const { disk, fs } = await diskWith(async (fs) => {
        await writeFile(fs, '/d/kept', 'kept', true)
        await syncFolder(fs, '/d')
        await writeFile(fs, '/d/lost', 'lost')
      })
      disk.losePower(random, remains)
      expect(await readFile(fs, '/d/kept')).toBe('kept')
      if (remains === 'none') expect(await namesIn(fs, '/d')).toEqual(['kept'])
    }
  })

  test('bytes that were synced under a name that was not synced are gone', async () => {
    const { disk, fs } = await diskWith((fs) => writeFile(fs, '/d/file', 'bytes', true))
    disk.losePower(random, 'none')
    expect(await namesIn(fs, '/d')).toEqual([])
  })

  test('a file whose name was synced but not its bytes is torn, sooner or later', async () => {
    const seen = new Set<string>()
    for (let n = 0; n < 50; n++) {
      const { disk, fs } = await diskWith(async (fs) => {
        await writeFile(fs, '/d/file', 'x'.repeat(1000))
        await syncFolder(fs, '/d')
      })
      disk.losePower(random, 'some')
      const text = await readFile(fs, '/d/file')
      const whole = text === 'x'.repeat(1000)
      expect(disk.torn).toBe(whole ? 0 : 1)
      seen.add(text === '' ? 'empty' : whole ? 'whole' : text.includes('x') ? 'torn' : 'zeros')
    }
    expect([...seen].sort()).toEqual(['empty', 'torn', 'whole', 'zeros'])
  })

  test('a renamed file has its old name or its new one, and never both or none', async () => {
    for (const remains of ['none', 'prefix', 'some'] as const)
      for (let n = 0; n < 20; n++) {
        const { disk, fs } = await diskWith(async (fs) => {
          await writeFile(fs, '/d/old', 'bytes', true)
          await syncFolder(fs, '/d')
          await fs.rename('/d/old', '/d/new')
        })
        disk.losePower(random, remains)
        expect(await namesIn(fs, '/d')).toHaveLength(1)
      }
  })

  test('a folder whose own name was not synced is lost with its contents', async () => {
    const { disk, fs } = await diskWith(async (fs) => {
      await fs.mkdir('/d/sub')
      await writeFile(fs, '/d/sub/file', 'bytes', true)
      await syncFolder(fs, '/d/sub')
    })
    disk.losePower(random, 'none')
    expect(await namesIn(fs, '/d')).toEqual([])
  })

  test('a removed file may be there again if the removal was not synced', async () => {
    const { disk, fs } = await diskWith(async (fs) => {
      await writeFile(fs, '/d/file', 'bytes', true)
      await syncFolder(fs, '/d')
      await fs.unlink('/d/file')
    })
    disk.losePower(random, 'none')
    expect(await readFile(fs, '/d/file')).toBe('bytes')
  })

  test('nothing is left on a disk that only claims to have synced', async () => {
    const disk = new MemoryDisk()
    const { fs } = new FaultyFs(disk)
    disk.lies = true
    await fs.mkdir('/d')
    await writeFile(fs, '/d/file', 'bytes', true)
    for (const folder of ['/d', '/']) await syncFolder(fs, folder)
    expect(disk.syncs).toBe(3)
    disk.losePower(random, 'none')
    expect(await namesIn(fs, '/')).toEqual([])
  })
})

describe('a full disk', () => {
  test('takes as many bytes as fit, then nothing, and more when there is room again', async () => {
    const disk = new MemoryDisk()
    disk.capacity = 10
    const { fs } = new FaultyFs(disk)
    await writeFile(fs, '/six', '123456')
    const file = await fs.open('/more', 'wx', 0o600)
    const bytes = Buffer.from('abcdef')
    expect((await file.write(bytes, 0, 6)).bytesWritten).toBe(4)
    await expect(file.write(bytes, 4, 2)).rejects.toMatchObject({ code: 'ENOSPC' })
    await fs.unlink('/six')
    expect((await file.write(bytes, 4, 2)).bytesWritten).toBe(2)
    await file.close()
    expect(await readFile(fs, '/more')).toBe('abcdef')
    expect(disk.usedBytes).toBe(6)
  })

  test('counts a file with two names once', async () => {
    const disk = new MemoryDisk()
    const { fs } = new FaultyFs(disk)
    await writeFile(fs, '/one', '123456')
    await fs.link('/one', '/two')
    expect(disk.usedBytes).toBe(6)
    await fs.unlink('/one')
    expect([disk.usedBytes, await readFile(fs, '/two')]).toEqual([6, '123456'])
  })
})

describe('a call', () => {
  test('fails with the given error, the given number of times, and is counted', async () => {
    const faults = new DiskFaults()
    const { fs } = new FaultyFs(new MemoryDisk(), faults)
    faults.fail('open', 'EMFILE', { path: /bad/, times: 1 })
    await expect(writeFile(fs, '/bad', '')).rejects.toMatchObject({ code: 'EMFILE' })
    await writeFile(fs, '/bad', '')
    await writeFile(fs, '/good', '')
    expect([...faults.injected]).toEqual([['open EMFILE', 1]])
    faults.fail('datasync', 'EIO')
    await expect(writeFile(fs, '/third', '', true)).rejects.toMatchObject({ code: 'EIO' })
    faults.mend()
    await writeFile(fs, '/fourth', '', true)
  })

  test('takes no more bytes at once than allowed', async () => {
    const faults = new DiskFaults()
    const { fs } = new FaultyFs(new MemoryDisk(), faults)
    faults.shortWrites = 3
    const file = await fs.open('/file', 'wx', 0o600)
    expect((await file.write(Buffer.from('abcdef'), 0, 6)).bytesWritten).toBe(3)
    await file.close()
    await writeFile(fs, '/whole', 'abcdefgh')
    expect(await readFile(fs, '/whole')).toBe('abcdefgh')
  })

  test('of a process that was killed never returns', async () => {
    const disk = new MemoryDisk()
    const [victim, other] = [new FaultyFs(disk), new FaultyFs(disk)]
    let returned = false
    const work = writeFile(victim.fs, '/file', 'x'.repeat(1000)).finally(() => {
      returned = true
    })
    victim.kill()
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 20))])
    expect(returned).toBe(false)
    await writeFile(other.fs, '/other', '')
  })
})
