/* Publishing, reading, filling: rules Read, Fill, Publish, Slow, Write, Wait and Death of docs/coherence.md.
 *
 *   code                                       here
 *   sql/wal_index.h    the header's copies     second_copy, first_copy: the last committed frame, which is the wal state
 *   cache/stamps.cc    publish()               Publisher
 *   cache/validity.h   observe(), still_true() observe, still_true
 *   engine/reader.cc   read(), fill(), Wait    Reader
 *   SQLite             commit, recovery        Writer, begin_read
 *
 * One key. Its answer hangs on pages A and B, and on the schema, of which it has no page: there the schema cookie speaks
 * for everything. Its value is the number of the last frame that touched one of the three. So an answer is right if and
 * only if it is not below what the first copy named when its read began, which is all that any SQLite reader anywhere
 * can have seen by then; it is never above what is committed, since it was read from there.
 *
 * Who writes and who publishes. The write lock and the stamp lock have one holder at a time, so one Writer stands for
 * all writers, engine's and foreign, and one Publisher for whoever has the stamp lock: an engine writer after its
 * commit, or a reader in Slow, which meanwhile does nothing else. A reader that did not get the lock looks again or
 * goes past the cache, and so does one that got it and has published.
 *
 * Who dies. A death is seen by others through the locks that it frees, in the middle of what they guard: the Writer may
 * die between the copies, the Publisher at each of its steps, DEATHS times in all. A reader holds no lock: its death is
 * a reader that takes no further step, and that is among the interleavings anyway. The log only grows here;
 * guardian.pml has the rest.
 *
 * Every statement outside atomic and d_step is one step, in an order that all agree on (sequential consistency).
 */
#define FRAMES 2
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef FILLERS
#define FILLERS 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define OBJECTS (FILLERS * ROUNDS + 1)
#define TORN 7

#define PAGE_A 0
#define PAGE_B 1
#define OTHER 2
#define SCHEMA 3

byte page[FRAMES + 1];    /* what the frame holds */
bool last[FRAMES + 1];    /* whether a commit ends with it */
byte touched[FRAMES + 1]; /* the last frame up to this one that the answer hangs on */
byte second_copy, first_copy;
bool write_lock;

byte stamp_a, stamp_b, stamp_all;
byte seq = 1;
byte expected;
byte saved;

byte label[OBJECTS], answer[OBJECTS], validated[OBJECTS];
byte objects = 1;
byte current; /* the one in the hot table: at first object 0, filled before anything was committed */

bool flying, waiting; /* the flight of the key, and whether the other reader waits for it */
byte gift;

byte deaths;

proctype Writer() {
  byte top;
end:
  do
  :: atomic {
       !write_lock && second_copy < FRAMES ->
       write_lock = true;
       first_copy = second_copy;
       top = second_copy;
       /* Frames go to the log file and to aPgno; no header names them yet. */
       top++;
       do
       :: !last[top] -> top++
       :: else -> break
       od
     };
     second_copy = top;
     if
     :: first_copy = top
     :: atomic { deaths < DEATHS -> deaths++ }
     fi;
     atomic { write_lock = false; top = 0 }
  od
}

/* Both copies agree, or nobody writes any more and recovery makes them agree. */
inline begin_read() {
  atomic {
    first_copy == second_copy || !write_lock ->
    first_copy = second_copy;
    snapshot = second_copy
  }
}

#define die() deaths++; goto died
#define or_die :: atomic { deaths < DEATHS -> die() }

#ifdef SEQ_BEFORE_STAMPS
#define NEXT seq
#else
#define NEXT (seq + 1)
#endif

proctype Publisher() {
  byte head, f, i;
  bool everything;
end:
  do
  :: atomic { /* A header is believed when both copies agree. */
       first_copy == second_copy && expected != first_copy ->
       head = first_copy;
       everything = (saved == TORN);
       f = (everything -> head + 1 : saved + 1);
#ifdef FIRST_FRAME_SKIPPED
       f++;
#endif
       i = f;
       do
       :: i <= head -> everything = everything || page[i] == SCHEMA; i++
       :: else -> i = 0; break
       od
     };
#ifdef SAVED_BEFORE_STAMPS
     if :: saved = head or_die fi;
#endif
#ifdef EXPECTED_BEFORE_STAMPS
     if :: expected = head or_die fi;
#endif
     if
     :: everything || f <= head ->
#ifdef SEQ_BEFORE_STAMPS
        if :: seq++ or_die fi;
#endif
        if
        :: everything -> if :: stamp_all = NEXT or_die fi
        :: else
        fi;
        do
        :: atomic { f <= head && page[f] == PAGE_A -> stamp_a = NEXT; f++ }
        :: atomic { f <= head && page[f] == PAGE_B -> stamp_b = NEXT; f++ }
        :: atomic { f <= head && page[f] >= OTHER -> f++ }
        :: atomic { f <= head && deaths < DEATHS -> die() }
        :: atomic { f > head -> break }
        od;
#ifndef SEQ_BEFORE_STAMPS
        if :: seq++ or_die fi
#endif
     :: else
     fi;
#ifndef SAVED_NEVER
     if
     :: saved = head
     :: atomic { deaths < DEATHS -> saved = TORN; die() }
     fi;
#endif
     if :: expected = head or_die fi;
died: atomic { head = 0; f = 0; everything = false }
  od
}

#ifdef STATE_SECOND
#define observe_first() w = expected
#define observe_second() w != second_copy
#else
#define observe_first() w = second_copy
#define observe_second() w != expected
#endif

#define check(stamp_of_slot) \
  atomic { \
    if \
    :: ok -> ok = stamp_of_slot <= label[o] \
    :: else \
    fi \
  }

/* Sets `ok`. */
inline still_true() {
  if
  :: atomic { validated[o] == s -> ok = true }
  :: atomic { validated[o] != s -> ok = true };
#ifndef ALL_UNCHECKED
     check(stamp_all);
#endif
     check(stamp_a);
#ifndef PAGE_DROPPED
     check(stamp_b);
#endif
     if
     :: ok -> validated[o] = s
     :: else
     fi
  fi
}

/* Anybody who looks at an entry, or who fills, also when nothing asks for it. The first one's fills are flights that the
 * Judge may wait for. */
proctype Filler(bool leads) {
  byte s, o, rounds;
  byte snapshot; /* one of the first state is open */
  bool ok;
  do
  :: atomic { rounds < ROUNDS -> rounds++; s = seq };
     o = current;
     still_true();
     atomic { o = 0; s = 0; ok = false }
  :: atomic {
       rounds < ROUNDS ->
       rounds++;
       flying = leads;
#ifndef LABEL_AFTER_READING
       s = seq
#endif
     };
     /* The snapshot that is still open serves if it shows the wal state of now. */
     if
#ifdef OLD_SNAPSHOT
     :: true
#else
     :: snapshot == second_copy
     :: snapshot != second_copy -> begin_read()
#endif
     fi;
#ifdef LABEL_AFTER_READING
     s = seq;
#endif
     atomic {
       o = objects;
       objects++;
       label[o] = s;
       answer[o] = touched[snapshot];
#ifdef VALIDATED_AT_LABEL
       validated[o] = s;
#endif
       current = o;
       s = 0
     };
     atomic {
       if
       :: leads ->
          flying = false;
          if
          :: waiting -> gift = o; waiting = false
          :: else
          fi
       :: else
       fi;
       o = 0
     }
  :: atomic { rounds == ROUNDS -> snapshot = 0; break }
  od
}

/* One read, begun at any time, whose answer is judged if it comes from the cache or a flight: what it would read from
 * SQLite instead, in Slow or on a miss, shows a snapshot that began after it did, and is right without more. To begin
 * again after Slow is to be a read that begins then. */
proctype Judge() {
  byte w, s, o, floor;
  bool ok;
#ifdef STAMPS_BEFORE_STATE
  atomic { floor = touched[first_copy]; s = seq };
  o = current;
  still_true();
  observe_first();
  atomic {
    if
    :: observe_second() -> goto over
    :: else -> w = 0
    fi
  };
#else
  atomic { floor = touched[first_copy]; observe_first() };
  atomic {
    if
    :: observe_second() -> goto over
    :: else -> w = 0
    fi
  };
  s = seq;
  o = current;
  still_true();
#endif
  if
  :: ok -> goto hit
  :: else
  fi;
  /* A miss. If somebody fills already, wait for that. */
  if
  :: atomic { flying -> waiting = true; s = 0; o = 0 };
     atomic { !waiting -> o = gift };
#ifdef FLIGHT_UNCHECKED
     goto hit;
#endif
     observe_first();
     atomic {
       if
       :: observe_second() -> goto over
       :: else -> w = 0
       fi
     };
     s = seq;
     still_true();
     if
     :: ok -> goto hit
     :: else
     fi
  :: true
  fi;
  goto over;
hit:
  assert(answer[o] >= floor);
over:
  atomic { w = 0; s = 0; o = 0; floor = 0; ok = false }
}

#define log_of(p1, l1, p2) page[1] = p1; last[1] = l1; page[2] = p2; last[2] = true

init {
  atomic {
    if
    :: log_of(PAGE_A, true, PAGE_B)
    :: log_of(OTHER, true, PAGE_A)
    :: log_of(PAGE_A, false, PAGE_B)
    :: log_of(PAGE_B, true, SCHEMA)
    fi;
    label[0] = 1;
    touched[1] = (page[1] == OTHER -> 0 : 1);
    touched[2] = 2;
    run Writer();
    run Publisher();
    run Judge();
    run Filler(true);
#if FILLERS > 1
    run Filler(false)
#endif
  }
}
