// The thread that owns the store's file: an fsync that takes a second must not stop the probes of the thread that asked for it.
import { parentPort } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import { openStoreFile, type StoreFile } from './file.ts'
import type { Answer, Answers, Numbered, Question } from './fileMessages.ts'
import { messageOf } from './fileProblem.ts'

let file: StoreFile | null = null

function opened(): StoreFile {
  if (file === null) throw new UserError('STORE_BROKEN', 'the store is not open')
  return file
}

function answer(question: Question): Answers[keyof Answers] | Promise<Answers[keyof Answers]> {
  switch (question.op) {
    case 'open':
      file = openStoreFile(question.settings)
      break
    case 'get':
      return opened().get(question.key)
    case 'list':
      return opened().list(question.prefix)
    case 'history':
      return opened().history(question.group, question.limit, question.before)
    case 'apply':
      return opened().apply(question.commits)
    case 'copy':
      return opened().copy(question.marked)
    case 'close':
      file?.close()
      file = null
      break
  }
  return null
}

async function reply(question: Question): Promise<Answer> {
  try {
    const value = answer(question)
    // Whatever is answered at once is so in the order of the questions.
    return { ok: true, value: value instanceof Promise ? await value : value }
  } catch (error) {
    const code = error instanceof UserError ? error.code : 'STORE_BROKEN'
    return { ok: false, code, message: messageOf(error) }
  }
}

parentPort?.on('message', (question: Numbered<Question>) => {
  void reply(question.of).then((of) => parentPort?.postMessage({ id: question.id, of } satisfies Numbered<Answer>, []))
})
