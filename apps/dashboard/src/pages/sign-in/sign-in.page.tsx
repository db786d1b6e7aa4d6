import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, type ReactElement, type SubmitEvent } from 'react';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '../../api/api-error.js';
import { sessionQuery, signIn } from '../../api/session.js';
import { Brand } from '../../shell/brand.js';
import { safeNext } from '../../shell/safe-next.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/text-field.js';
import styles from './sign-in.module.css';

/** User and password; then back to where one was going. */
export function SignInPage(): ReactElement {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const { data: session } = useQuery(sessionQuery);
  const next = safeNext(search.get('next'), location.origin);
  const password = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const entering = useMutation({
    mutationFn: (form: FormData) =>
      signIn(client, { user: textOf(form, 'user'), password: textOf(form, 'password') }),
    onSuccess: () => void navigate(next, { replace: true }),
    onError: () => {
      password.current?.focus();
      password.current?.select();
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Sluice';
  }, []);
  if (session !== undefined && session !== null) return <Navigate to={next} replace />;
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    entering.mutate(new FormData(event.currentTarget));
  };
  return (
    <main className={styles['page']}>
      <form className={styles['form']} onSubmit={submit}>
        <Welcome isOnTheWay={search.has('next')} />
        <TextField
          label="User"
          name="user"
          autoComplete="username"
          defaultValue="admin"
          required
          maxLength={200}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          ref={password}
          autoFocus
          required
          maxLength={1024}
          aria-describedby={errorId}
          aria-invalid={entering.isError}
        />
        <p id={errorId} role="alert" className={styles['error']}>
          {entering.isError && toSentence(entering.error)}
        </p>
        <Button look="solid" type="submit" disabled={entering.isPending}>
          {entering.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
        <WhereThePasswordIs />
      </form>
    </main>
  );
}

function Welcome({ isOnTheWay }: { readonly isOnTheWay: boolean }): ReactElement {
  return (
    <>
      <Brand />
      <div>
        <h1>Sign in</h1>
        <p className={styles['hint']}>
          {isOnTheWay ? 'Sign in to go on to where you were.' : 'To see what your gateway is doing.'}
        </p>
      </div>
    </>
  );
}

function WhereThePasswordIs(): ReactElement {
  return (
    <p className={styles['hint']}>
      <code>npm start</code> prints the password; <code>SLUICE_ADMIN_PASSWORD</code> sets it.
    </p>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function toSentence(error: Error): string {
  const isWrong = error instanceof ApiError && error.isSignedOut;
  return isWrong ? 'User or password is wrong.' : error.message;
}
