"""Copies of chapters without solutions and answers: students.py OUT CHAPTER …, or `make students`."""

from homework import convert, without_answers

if __name__ == "__main__":
    convert(without_answers, lambda out, name: out / f"{name}.ipynb")
