/* KV namespaces with PENDING marks.
 *
 * Every writer is ours and knows its keys beforehand, so it marks them instead of making every hit wait for its sync:
 * KV lock; stamp = PENDING for each key; kv_seq + 1; LMDB's commit; stamp = kv_seq + 1 for each key; kv_seq + 1; unlock;
 * acknowledge. A reader that meets PENDING and gets the lock has met a dead writer, and stamps that slot anew.
 *
 * Two keys, always written together, so that get_many must never see one without the other. A value is the number of
 * the transaction that wrote it, so an answer is right if it is not below what was committed in LMDB when the read
 * began: others may have read that from there already. The Writer may die at each step, the KV lock with it.
 */
#ifndef WRITES
#define WRITES 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define PENDING 255
#define NOBODY 7

byte written;   /* LMDB's last transaction as its meta pages have it: the value of both keys */
byte committed; /* as LMDB tells readers: a writer that dies in between leaves the two different until the next begins */
byte stamp[2];
byte kv_seq = 1;
byte lock = NOBODY;

/* The table: for each key at most one entry. An entry that is replaced keeps its mark to itself, hence objects. */
#define OBJECTS 5
byte label[OBJECTS], answer[OBJECTS], validated[OBJECTS];
byte current[2];
byte objects = 2; /* 0 and 1: the first entries, filled before anything was written */

byte deaths;

#define or_die :: atomic { deaths < DEATHS -> deaths++; goto died }

proctype Writer() {
end:
  do
  :: atomic { lock == NOBODY && committed < WRITES -> lock = 0 };
     committed = written; /* LMDB takes over what a dead writer has written */
     if
     :: committed == WRITES -> goto died
     :: committed < WRITES
     fi;
#ifndef NO_PENDING
     if :: stamp[0] = PENDING or_die fi;
     if :: stamp[1] = PENDING or_die fi;
     if :: kv_seq++ or_die fi;
#endif
     if :: written++ or_die fi;
     if :: committed = written or_die fi;
     if :: stamp[0] = kv_seq + 1 or_die fi;
     if :: stamp[1] = kv_seq + 1 or_die fi;
     if :: kv_seq++ or_die fi;
died: lock = NOBODY
  od
}

/* Who has met PENDING, and got the lock. */
inline heal(k) {
  if
  :: atomic { lock == NOBODY -> lock = 1 };
     if
     :: stamp[k] == PENDING ->
#ifndef HEALED_UNDECIDED
        committed = written;
#endif
        stamp[k] = kv_seq + 1;
        kv_seq++
     :: stamp[k] != PENDING
     fi;
     lock = NOBODY
  :: lock != NOBODY
  fi
}

/* Sets v to the value of key k, from the table or from LMDB; x is the label that speaks for it. */
inline get(k, v, x) {
  s = kv_seq;
  o = current[k];
  ok = false;
  if
  :: validated[o] == s -> ok = true
  :: atomic { validated[o] != s && stamp[k] <= label[o] -> ok = true };
     validated[o] = s
  :: stamp[k] == PENDING -> heal(k)
  :: stamp[k] != PENDING && stamp[k] > label[o]
  fi;
  if
  :: ok -> atomic { v = answer[o]; x = label[o] }
  :: !ok ->
#ifndef LABEL_AFTER_READING
     s = kv_seq;
#endif
     v = committed;
#ifdef LABEL_AFTER_READING
     s = kv_seq;
#endif
     if
     :: atomic {
          objects < OBJECTS ->
          o = objects;
          objects++;
          label[o] = s;
          answer[o] = v;
#ifdef VALIDATED_AT_LABEL
          validated[o] = s;
#endif
          current[k] = o
        }
     :: objects == OBJECTS
     fi;
     x = s
  fi;
  atomic { o = 0; s = 0; ok = false }
}

/* A single get, judged; then what it left in the table meets the next. */
proctype Getter(byte gets) {
  byte s, o, v, x, floor;
  bool ok;
  do
  :: atomic { gets > 0 -> gets--; floor = committed };
     get(0, v, x);
     atomic { assert(v >= floor); v = 0; x = 0; floor = 0 }
  :: atomic { gets == 0 -> break }
  od
}

/* Both keys as of one state: all stamps once more at the end, else from one LMDB snapshot (which is right by itself). */
proctype ManyGetter() {
  byte s, o, v0, v1, x0, x1, floor;
  bool ok;
  floor = committed;
  get(0, v0, x0);
  get(1, v1, x1);
#ifndef NO_SECOND_LOOK
  if
  :: stamp[0] <= x0
  :: stamp[0] > x0 -> goto over
  fi;
  if
  :: stamp[1] <= x1
  :: stamp[1] > x1 -> goto over
  fi;
#endif
  assert(v0 == v1 && v0 >= floor);
over:
  skip
}

init {
  atomic {
    label[0] = 1;
    label[1] = 1;
    run Writer();
    run Getter(1);
    run ManyGetter()
  }
}
